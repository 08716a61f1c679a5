//! Where data and caches are.

use std::path::{Path, PathBuf};

/// Where to look.
pub struct Places {
    /// Below it lies every data file a scenario names.
    pub data_root: PathBuf,
    /// Below it imported data may be kept.
    pub cache: PathBuf,
    /// The data root as it was asked for, if it was.
    pub asked_root: Option<PathBuf>,
}

impl Places {
    /// The places asked for, or the project's own: `data` here, else where seatrial was built.
    pub fn new(data_root: Option<PathBuf>, cache: Option<PathBuf>) -> Self {
        let here = Path::new("data");
        let project = || if here.is_dir() { here.to_owned() } else { built_at().join("data") };
        let cache = cache.unwrap_or_else(|| PathBuf::from("target/seatrial-cache"));
        Self { data_root: data_root.clone().unwrap_or_else(project), cache, asked_root: data_root }
    }
}

fn built_at() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
