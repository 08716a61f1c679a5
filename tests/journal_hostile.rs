//! Records that decode and mean nothing: whoever reads them answers, and nobody panics.
#![cfg(feature = "simulator")]

mod journal_kit;

use journal_kit::story::{SPOT, full_story};
use proptest::prelude::*;
use seatrial::audit::Auditor;
use seatrial::journal::{Record, Renderer};
use seatrial::market::Timestamp;
use seatrial::metrics::lots::{LotReport, Method};
use seatrial::metrics::{Metrics, Outcome};

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// A forger with right checksums changes bytes of a story's records at will.
    #[test]
    fn nobody_panics_over_a_forged_story(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..40),
        runs in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1_usize..19), 0..4),
    ) {
        let (header, records) = full_story().close();
        let mut bytes: Vec<Vec<u8>> =
            records[1..].iter().map(|record| postcard::to_stdvec(record).expect("plain data")).collect();
        for (record, at, value) in changes {
            let record = record.index(bytes.len());
            let at = at.index(bytes[record].len());
            bytes[record][at] = value;
        }
        // Runs of 0xff make numbers as large as the format can say.
        for (record, at, length) in runs {
            let record = record.index(bytes.len());
            let at = at.index(bytes[record].len());
            bytes[record].splice(at..at, std::iter::repeat_n(0xff, length));
        }
        let forged = bytes.iter().filter_map(|bytes| postcard::from_bytes::<Record>(bytes).ok());
        let mut auditor = Auditor::new(&header);
        let mut metrics = Metrics::new(&header);
        let mut renderer = Renderer::new(&header);
        let forged: Vec<Record> = records[..1].iter().cloned().chain(forged).collect();
        for method in Method::ALL {
            // Too large is an answer.
            let _ = LotReport::of(&header, &forged, method);
        }
        for record in forged {
            auditor.observe(&record);
            metrics.observe(record.now, &record.body);
            prop_assert!(!renderer.line(&record).contains('\n'));
        }
        metrics.mark(records[0].now, SPOT, i64::MAX);
        let report = auditor.finish();
        prop_assert!(!report.to_string().is_empty());
        let _ = metrics.figures((records[0].now, Timestamp(i64::MAX)));
        let _ = metrics.finish(Outcome { events: 0, digest: 0, audit_breaches: report.breached() }).to_string();
    }
}
