//! `minutehand certs`: a development CA, and a certificate for every part of a plan.

mod error;
mod files;
mod planned;
mod certificate;
mod authority;
mod fill;
mod text;

use std::{collections::BTreeSet, path::PathBuf, process::ExitCode, time::Duration};

use chassis::{
    chance,
    clock::Clock,
    exit::{self, Failure},
    name::Name,
    tls::{Identity, Role},
};

pub use authority::AUTHORITY_LIFE;
pub use certificate::{Host, Life, life};
pub use error::CertsError;
pub use files::{Pair, files, flags};
pub use fill::{Done, Entry, Filled, Order, fill};
pub use planned::{are_there, operator, operator_in};

use crate::{output, plan::Plan};

/// Where certificates are if nothing says otherwise.
const DIRECTORY: &str = "certs";

/// Make a development CA, and a certificate and key for every part of a plan.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("whom").required(true).multiple(true).args(["plan", "single"]),
    after_help = "\
What is there is kept: a CA always, a certificate until a third of its life is left. Run it again,
by hand or each week, and it renews what is near its end; parts that run take renewed files by
themselves. A key stays where it is; remove it for a new one. Certificates say who the holder is,
like spiffe://minutehand/strategy/X: servers (generators, traders) cannot call, clients cannot serve.

Exit codes: 0 all is there, 1 something cannot be made, 2 the command line or the plan is wrong.

Examples:
  minutehand certs examples/secure.toml          # for every part, and for you as its operator
  minutehand certs --for operator/ann --for strategy/X --dir certs
  minutehand certs plan.toml --host trader.example --days 30
  minutehand certs plan.toml --renew             # all of them, due or not"
)]
pub struct Args {
    /// The plan: for its trader, generators and strategies, and for an operator.
    #[arg(value_name = "PLAN.toml")]
    plan: Option<PathBuf>,
    /// For a single part, a role (generator, strategy, trader, operator) and its name; repeatable.
    #[arg(long = "for", id = "single", value_name = "ROLE/NAME", value_parser = identity, value_delimiter = ',')]
    single: Vec<Identity>,
    /// Name of the plan's operator [default: your user name].
    #[arg(long, value_name = "NAME", requires = "plan")]
    operator: Option<Name>,
    /// Where the files are [default: as the plan's [tls] says, else `certs`].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Name or address under which servers are reached, besides this machine's; repeatable.
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    host: Vec<Host>,
    /// How long a certificate that is made is valid.
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
    /// Renew those, too, that are not near their end.
    #[arg(long)]
    renew: bool,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    exit::printed(certs(args))
}

fn certs(args: &Args) -> Result<(), Failure> {
    let read = |file| -> Result<_, Failure> { Ok((file, Plan::read(file)?)) };
    let plan = args.plan.as_deref().map(read).transpose()?;
    let mut identities: BTreeSet<Identity> = args.single.iter().cloned().collect();
    if let Some((_, plan)) = &plan {
        identities.extend(plan.identities());
        let name = args.operator.clone().unwrap_or_else(operator);
        identities.insert(Identity { role: Role::Operator, name });
    }
    let planned = plan.as_ref().and_then(|(_, plan)| plan.tls.clone());
    let order = Order {
        directory: args.dir.clone().or(planned).unwrap_or_else(|| DIRECTORY.into()),
        identities,
        hosts: args.host.iter().cloned().collect(),
        life: Duration::from_hours(24) * args.days,
        renew: args.renew,
    };
    let filled = fill(&order, Clock::system().wall(), &mut chance::start(None))?;
    output::print(&text::page(&filled))?;
    output::print(&match &plan {
        Some((file, plan)) => text::next_of_plan(file, plan, &order.directory),
        None => text::next_of_parts(&filled, &order.directory),
    })
}

/// `ROLE/NAME`, as in `strategy/X`.
pub fn identity(text: &str) -> Result<Identity, String> {
    let found = format!("spiffe://minutehand/{text}").parse();
    found.map_err(|_| {
        "write it ROLE/NAME, like strategy/X; a role is generator, strategy, trader or operator"
            .to_owned()
    })
}

#[cfg(test)]
mod tests;
