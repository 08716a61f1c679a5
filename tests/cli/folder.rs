//! A folder of its own for each test, and the program run in it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use expect_test::Expect;

pub const OK: i32 = 0;
pub const USAGE: i32 = 2;
pub const BAD_INPUT: i32 = 3;
pub const BREACH: i32 = 5;

/// A folder of its own for one test, gone with it.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("seatrial-cli-{test}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("data")).expect("a folder for the test");
        Self(folder)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), bytes).expect("a file for the test");
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatrial"));
        command.args(arguments).current_dir(&self.0).env("NO_COLOR", "1").stdin(Stdio::null());
        command.output().expect("the program is built")
    }

    /// Exit code, stdout and stderr; the folder's own name is left out.
    pub fn told(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.run(arguments);
        let text = |bytes: &[u8]| {
            String::from_utf8(bytes.to_vec()).expect("output is UTF-8").replace(&self.0.display().to_string(), "FOLDER")
        };
        (output.status.code().expect("an exit code"), text(&output.stdout), text(&output.stderr))
    }

    pub fn check(&self, arguments: &[&str], code: i32, stderr: &Expect) {
        let (found, stdout, told) = self.told(arguments);
        assert_eq!(found, code, "seatrial {}\n{told}", arguments.join(" "));
        assert_eq!(stdout, "", "seatrial {}: stdout is for results", arguments.join(" "));
        stderr.assert_eq(&told);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
