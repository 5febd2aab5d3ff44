//! A timestamping authority and its CA, by OpenSSL's own tool.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::support::process::{Folder, program, skip};

const CONFIG: &str = "
[ca]
default_ca = made
[made]
new_certs_dir = .
database = index
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = any
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[middle]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[no_purpose]
basicConstraints = critical,CA:FALSE
[not_critical]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = timeStamping
[two_purposes]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = critical,timeStamping,codeSigning
[encrypts]
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyEncipherment
extendedKeyUsage = critical,timeStamping
[ts]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256,sha512
ess_cert_id_alg = sha256
[exact]
serial = serial
signer_digest = sha512
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha1
clock_precision_digits = 6
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_chain = yes
[refusing]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha512
ess_cert_id_alg = sha256
";

/// The dates of certificates that are valid.
const VALID: [&str; 2] = ["20200101000000Z", "20990101000000Z"];

/// A folder of keys and certificates, by their names.
pub(crate) struct OpenSsl {
    folder: Folder,
    files: AtomicUsize,
}

impl OpenSsl {
    /// Returns `None` if it is not installed; with `REQUIRE_OPENSSL=1` that is a failure.
    pub(super) fn new() -> Option<Arc<Self>> {
        if program(&["openssl"]).is_none() {
            skip("REQUIRE_OPENSSL", "openssl is not in PATH");
            return None;
        }
        let folder = Folder::new("timestamps");
        fs::write(folder.0.join("cnf"), CONFIG).unwrap();
        fs::write(folder.0.join("index"), "").unwrap();
        let files = AtomicUsize::new(0);
        Some(Arc::new(Self { folder, files }))
    }

    /// With a CA named `ca`, and an authority named `tsa` that it vouches for.
    pub(crate) fn with_authority() -> Option<Arc<Self>> {
        let openssl = Self::new()?;
        openssl.root("ca", EC);
        openssl.certificate("tsa", EC, "ca", "tsa");
        Some(openssl)
    }

    /// Runs it in the folder, with these words and bytes, and returns what it writes.
    pub(super) fn run(&self, words: &str, input: &[u8]) -> Vec<u8> {
        let mut openssl = Command::new("openssl");
        openssl.args(words.split_whitespace());
        openssl.current_dir(&self.folder.0);
        let input_file = self.write(input);
        openssl.stdin(fs::File::open(input_file).unwrap());
        let done = openssl.stdout(Stdio::piped()).output().unwrap();
        let why = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "openssl {words}: {why}");
        done.stdout
    }

    /// Writes a new file.
    pub(super) fn write(&self, bytes: &[u8]) -> PathBuf {
        let name = self.files.fetch_add(1, Ordering::Relaxed).to_string();
        let file = self.folder.0.join(name);
        fs::write(&file, bytes).unwrap();
        file
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    fn key(&self, name: &str, algorithm: &str) {
        let words = format!("genpkey -algorithm {algorithm} -out {name}.key");
        self.run(&words, b"");
    }

    /// Makes a CA.
    pub(crate) fn root(&self, name: &str, algorithm: &str) {
        self.key(name, algorithm);
        let words = format!(
            "req -x509 -new -key {name}.key -subj /CN={name} -days 3650 -config cnf -extensions root \
             -out {name}.pem"
        );
        self.run(&words, b"");
    }

    /// Makes a certificate of this kind that the CA vouches for.
    pub(super) fn certificate(&self, name: &str, algorithm: &str, ca: &str, kind: &str) {
        self.dated(name, (algorithm, kind), ca, VALID);
    }

    pub(super) fn dated(
        &self,
        name: &str,
        (algorithm, kind): (&str, &str),
        ca: &str,
        [from, until]: [&str; 2],
    ) {
        self.key(name, algorithm);
        let words =
            format!("req -new -key {name}.key -subj /CN={name} -config cnf -out {name}.csr");
        self.run(&words, b"");
        let words = format!(
            "ca -batch -notext -config cnf -cert {ca}.pem -keyfile {ca}.key -extensions {kind} \
             -startdate {from} -enddate {until} -in {name}.csr -out {name}.pem"
        );
        self.run(&words, b"");
    }

    /// Returns certificates in PEM.
    pub(crate) fn pem(&self, names: &[&str]) -> String {
        let read = |name: &&str| fs::read_to_string(self.path(&format!("{name}.pem"))).unwrap();
        names.iter().map(read).collect()
    }

    /// Answers a request as the authority of this name, set up like this.
    pub(super) fn reply(&self, authority: &str, section: &str, request: &[u8]) -> Vec<u8> {
        let request = self.write(request);
        let words = format!(
            "ts -reply -config cnf -section {section} -queryfile {} -signer {authority}.pem \
             -inkey {authority}.key",
            request.display()
        );
        self.run(&words, b"")
    }

    /// Returns a request of its own over these bytes, with a nonce of its own.
    pub(super) fn query(&self, bytes: &[u8], hash: &str) -> Vec<u8> {
        let data = self.write(bytes);
        let words = format!("ts -query -data {} -{hash} -cert", data.display());
        self.run(&words, b"")
    }

    /// Returns the token of a response.
    pub(super) fn token(&self, response: &[u8]) -> Vec<u8> {
        let response = self.write(response);
        let words = format!("ts -reply -in {} -token_out", response.display());
        self.run(&words, b"")
    }

    /// Returns the signed content of a token.
    pub(super) fn content(&self, token: &[u8]) -> Vec<u8> {
        self.run("cms -verify -noverify -inform DER", token)
    }

    /// Signs this content as if it were an authority of this name.
    pub(super) fn forge(&self, content: &[u8], signer: &str, options: &str) -> Vec<u8> {
        let words = format!(
            "cms -sign -binary -nodetach -nosmimecap -econtent_type 1.2.840.113549.1.9.16.1.4 \
             -signer {signer}.pem -inkey {signer}.key -outform DER {options}"
        );
        self.run(&words, content)
    }
}

/// Returns the witness of a checkpoint with this token.
pub(super) fn witness(token: &[u8]) -> String {
    format!("rfc3161:{}", STANDARD.encode(token))
}

pub(crate) const EC: &str = "EC -pkeyopt ec_paramgen_curve:P-256";

/// Returns the response that grants this token.
pub(super) fn response(token: &[u8]) -> Vec<u8> {
    let status = [0x30, 3, 2, 1, 0];
    let header = match u16::try_from(status.len() + token.len())
        .unwrap()
        .to_be_bytes()
    {
        [0, short @ ..128] => vec![0x30, short],
        [first, second] => vec![0x30, 0x82, first, second],
    };
    [&header, &status[..], token].concat()
}
