//! Formats a report as XML for CI systems (the `testsuites` format of JUnit's Ant task, which all
//! of them read).

use std::io;

use quick_xml::{Writer, events::BytesText};

use super::{
    Outcome, Report,
    report::{Finding, Judged},
};

const SUITE: &str = "cookie consent";

impl Report {
    /// Formats the report as JUnit XML for continuous integration: one test case for each
    /// requirement, and one that all requests got a response.
    #[must_use]
    pub fn to_junit(&self) -> String {
        write(self)
    }
}

fn write(report: &Report) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing into memory does not fail.
    drop(write_suites(&mut writer, report));
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str(&String::from_utf8_lossy(&writer.into_inner()));
    xml.push('\n');
    xml
}

fn write_suites(writer: &mut Writer<Vec<u8>>, report: &Report) -> io::Result<()> {
    let unanswered = !report.failures.is_empty() || report.answers.is_empty();
    let tests = (report.requirements.len() + 1).to_string();
    let failures = report.count(Outcome::Broken).to_string();
    let errors = usize::from(unanswered).to_string();
    let skipped = report.count(Outcome::NotExercised) + report.count(Outcome::DoesNotApply);
    let skipped = skipped.to_string();
    let totals = [
        ("name", SUITE),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", &errors),
        ("skipped", &skipped),
    ];
    writer
        .create_element("testsuites")
        .with_attributes(totals)
        .write_inner_content(|writer| {
            writer
                .create_element("testsuite")
                .with_attributes(totals)
                .write_inner_content(|writer| {
                    for judged in &report.requirements {
                        write_case(writer, judged)?;
                    }
                    write_answers(writer, report, unanswered)?;
                    write_excused(writer, report)
                })?;
            Ok(())
        })?;
    Ok(())
}

fn write_case(writer: &mut Writer<Vec<u8>>, judged: &Judged) -> io::Result<()> {
    let name = format!("{} {}", judged.id.id(), judged.title);
    let case = writer
        .create_element("testcase")
        .with_attributes([("classname", SUITE), ("name", name.as_str())]);
    match judged.outcome {
        Outcome::Held => case.write_empty()?,
        Outcome::NotExercised | Outcome::DoesNotApply => case.write_inner_content(|writer| {
            let skipped = writer.create_element("skipped");
            let word = judged.outcome.word();
            let why = judged.why.map(|why| format!("{word}: it takes {why}"));
            skipped
                .with_attribute(("message", why.as_deref().unwrap_or(word)))
                .write_empty()?;
            Ok(())
        })?,
        Outcome::Broken => case.write_inner_content(|writer| {
            let lines: Vec<_> = judged.findings.iter().map(Finding::to_string).collect();
            let help = format!("→ {}", judged.id.help());
            let text = format!("{}\n{help}", lines.join("\n"));
            writer
                .create_element("failure")
                .with_attribute(("message", lines.first().map_or("", String::as_str)))
                .with_attribute(("type", judged.id.id()))
                .write_text_content(BytesText::new(&text))?;
            Ok(())
        })?,
    };
    Ok(())
}

/// Writes what was excused, and what was not exercised, for readers of this format only.
fn write_excused(writer: &mut Writer<Vec<u8>>, report: &Report) -> io::Result<()> {
    let excused = report.excused.iter();
    let excused = excused.map(|excused| format!("excused: {excused}"));
    let skipped = report.skipped();
    let skipped = skipped.map(|skipped| format!("not exercised: {skipped}"));
    let lines: Vec<_> = excused.chain(skipped).collect();
    if lines.is_empty() {
        return Ok(());
    }
    writer
        .create_element("system-out")
        .write_text_content(BytesText::new(&lines.join("\n")))?;
    Ok(())
}

fn write_answers(
    writer: &mut Writer<Vec<u8>>,
    report: &Report,
    unanswered: bool,
) -> io::Result<()> {
    let case = writer.create_element("testcase").with_attributes([
        ("classname", SUITE),
        ("name", "every request gets a response"),
    ]);
    if unanswered {
        case.write_inner_content(|writer| {
            writer
                .create_element("error")
                .with_attribute(("message", "requests without a response"))
                .write_text_content(BytesText::new(&report.failures.join("\n")))?;
            Ok(())
        })?;
    } else {
        case.write_empty()?;
    }
    Ok(())
}
