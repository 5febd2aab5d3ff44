//! Where in a style sheet a string is a URL.

use cssparser::Token;

/// Deeper blocks are counted, not known: every string in them is taken for a URL.
const MAX_DEPTH: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// `url(`, `src(`, `image-set(`, `image(`, in which a string is a URL; and a function of the site's own
    /// (`--f(`), which may give it to one of those.
    Urls,
    /// `type(`, `format(`, `tech(` inside them, in which it is not.
    Words,
    Parenthesis,
    Square,
    Curly,
}

/// The open blocks, and the statement that is being read.
#[derive(Debug, Default)]
pub(crate) struct Context {
    blocks: Vec<Block>,
    beyond: usize,
    statement: Statement,
    /// The depth at which the declaration of a custom property began.
    began: usize,
    /// Has the statement begun?
    within: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Statement {
    #[default]
    Other,
    /// After `@import`, before its URL.
    Import,
    /// `@namespace` names a URL that nothing loads.
    Namespace,
    /// After the name of a custom property, or of what gives it or a function its value.
    Dashed,
    /// The value of a custom property, or of a function, which `src(var(--x))` may load. Its strings may be words too, which
    /// are the site's own as long as its base is.
    Custom,
}

impl Context {
    /// Is this token a URL?
    pub(crate) fn is_url(&self, token: &Token<'_>) -> bool {
        match token {
            Token::UnquotedUrl(_) => {
                self.statement != Statement::Namespace || !self.blocks.is_empty()
            }
            Token::QuotedString(_) => match self.statement {
                Statement::Namespace => false,
                Statement::Import | Statement::Custom => true,
                Statement::Other | Statement::Dashed => self.is_in_urls(),
            },
            _ => false,
        }
    }

    fn is_in_urls(&self) -> bool {
        self.beyond > 0
            || self.blocks.contains(&Block::Urls) && self.blocks.last() != Some(&Block::Words)
    }

    /// Takes note of a token.
    pub(crate) fn pass(&mut self, token: &Token<'_>) {
        match token {
            Token::WhiteSpace(_) | Token::Comment(_) | Token::CDO | Token::CDC => return,
            Token::Function(name) => self.open(function(name)),
            Token::ParenthesisBlock => self.open(Block::Parenthesis),
            Token::SquareBracketBlock => self.open(Block::Square),
            Token::CurlyBracketBlock => self.open(Block::Curly),
            Token::CloseParenthesis => {
                self.close(&[Block::Urls, Block::Words, Block::Parenthesis]);
            }
            Token::CloseSquareBracket => self.close(&[Block::Square]),
            Token::CloseCurlyBracket => self.close(&[Block::Curly]),
            _ => {}
        }
        let goes_on = !self.ends_statement(token);
        let begins = !std::mem::replace(&mut self.within, goes_on);
        let is_outside = self.blocks.is_empty() && self.beyond == 0;
        self.statement = match (self.statement, token) {
            (Statement::Custom, Token::AtKeyword(_)) => Statement::Custom,
            (_, Token::AtKeyword(name)) if name.eq_ignore_ascii_case("import") => Statement::Import,
            (_, Token::AtKeyword(name))
                if begins && is_outside && name.eq_ignore_ascii_case("namespace") =>
            {
                Statement::Namespace
            }
            // `if(style(--q: 1): "/a"; else: "/b")` goes on.
            (Statement::Custom, Token::Semicolon) if self.depth() > self.began => Statement::Custom,
            (Statement::Custom, Token::CloseCurlyBracket) if self.depth() >= self.began => {
                Statement::Custom
            }
            (Statement::Custom, Token::CurlyBracketBlock) => Statement::Custom,
            (_, Token::Semicolon | Token::CloseCurlyBracket | Token::CurlyBracketBlock) => {
                Statement::Other
            }
            (Statement::Other | Statement::Dashed, Token::Ident(name)) if is_custom(name) => {
                Statement::Dashed
            }
            (Statement::Dashed, Token::Colon) => {
                self.began = self.depth();
                Statement::Custom
            }
            // `url("…")`: the string is still to come.
            (Statement::Import, Token::Function(_)) => Statement::Import,
            (Statement::Import | Statement::Dashed, _) => Statement::Other,
            (statement, _) => statement,
        };
    }

    fn depth(&self) -> usize {
        self.blocks.len() + self.beyond
    }

    /// Is the next token outside of all blocks the first of a statement?
    fn ends_statement(&self, token: &Token<'_>) -> bool {
        self.blocks.is_empty() && matches!(token, Token::Semicolon | Token::CloseCurlyBracket)
    }

    fn open(&mut self, block: Block) {
        if self.blocks.len() < MAX_DEPTH {
            self.blocks.push(block);
        } else {
            self.beyond += 1;
        }
    }

    /// Closes the innermost block, if this is its bracket; otherwise it is a part of its content.
    fn close(&mut self, blocks: &[Block]) {
        // Beyond the limit the kinds are not known: strings stay URLs.
        if self.beyond == 0 && self.blocks.last().is_some_and(|last| blocks.contains(last)) {
            self.blocks.pop();
        }
    }
}

/// Is this a custom property, or the descriptor with its value in `@property` or `@function`?
fn is_custom(name: &str) -> bool {
    let is = |descriptor| name.eq_ignore_ascii_case(descriptor);
    name.starts_with("--") || is("initial-value") || is("result")
}

fn function(name: &str) -> Block {
    let is = |names: &[&str]| names.iter().any(|other| name.eq_ignore_ascii_case(other));
    if is(&["url", "src", "image", "image-set", "-webkit-image-set"]) || name.starts_with("--") {
        Block::Urls
    } else if is(&["type", "format", "tech"]) {
        Block::Words
    } else {
        Block::Parenthesis
    }
}
