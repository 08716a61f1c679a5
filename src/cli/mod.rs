//! The command line: arguments, exit codes, files by name.
//!
//! Results go to stdout and nothing else does; errors and progress go to stderr. A reader that
//! stops reading stdout is no error. Every command says what it refused, and where; a defect of
//! the program itself ends as exit code 6 with a request to report it, never as a backtrace.
//!
//! It computes nothing about trading: it opens, calls and prints.

mod args;
mod audit;
mod bound;
mod cases;
mod check;
mod data;
mod engine;
mod exit;
mod gate;
mod lots;
mod machine;
mod months;
mod output;
mod places;
mod regress;
mod replay;
mod run;
mod strategies;
mod swarm;
#[cfg(feature = "batch")]
mod sweep;
mod text;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use exit::Exit;
use output::Output;
use places::Places;

/// Parses the arguments and carries them out.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(refusal) => {
            // Nobody left to tell is no error of its own.
            let _ = refusal.print();
            return if refusal.use_stderr() { Exit::Usage.into() } else { Exit::Fine.into() };
        }
    };
    panic::set_hook(Box::new(|panic| {
        output::complain(&format!("internal error: {panic}\nThis is a defect of seatrial; please report it."));
    }));
    let exit = panic::catch_unwind(AssertUnwindSafe(|| carry_out(args))).unwrap_or(Exit::Internal);
    exit.into()
}

fn carry_out(args: Args) -> Exit {
    let places = Places::new(args.common.data_root, args.common.cache);
    let mut output = Output::new(args.common.json, args.common.quiet);
    let exit = match args.command {
        Command::Run(run) if run.swarm => swarm::run(&run, &mut output),
        Command::Run(run) if run.bound => bound::run(&run, &places, &mut output),
        Command::Run(run) => run::run(&run, &places, &mut output),
        #[cfg(feature = "batch")]
        Command::Sweep(sweep) => sweep::run(&sweep, &places, &mut output),
        Command::Gate(gate) => gate::gate(&gate, &places, &mut output),
        Command::Report(report) => gate::report(&report, &mut output),
        Command::Regress(regress) => regress::regress(&regress, &places, &mut output),
        Command::Strategies => strategies::strategies(&mut output),
        Command::Check(check) => check::check(&check, &places, &mut output),
        Command::Replay(replay) => replay::replay(&replay, &places, &mut output),
        Command::Audit(audit) => audit::audit(&audit, &mut output),
        Command::Data(data) => data::data(&data, &mut output),
    };
    exit.max(output.finish())
}
