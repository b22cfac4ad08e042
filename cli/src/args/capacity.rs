//! Options of experiments on random memories.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use popfield::Tie;
use popfield_lab::{BetaScaling, Experiment, Observable, Range, Rule, Setting, Sizes, Steps, Study, Values, Way};

use super::figure::LookArgs;
use super::shared::{Threads, named, positive};

use crate::beta::beta;
use crate::failure::{Failure, Result};

#[derive(Debug, Args)]
#[command(
    after_help = "A trial draws a memory and asks for some of its keys. Intervals are at 95 %, over memories, since bits of one \
memory are not independent; of one step by a rule that learns no weights over answers, where memories or errors are few: \
as many count for one as their design effect says. With none of --load, --rate and --patterns the numbers of patterns are searched at which 50 % and \
99 % succeed; ends that the trials do not bound are open, 0 or null in JSON, 0 or inf in CSV. 99 % is bounded from below \
by some 370 answers that all succeed, if they are independent. The rules pseudo-inverse and storkey learn up to 8192 keys or positions. A range is \
FIRST:LAST:STEP, FIRST:LAST:xFACTOR or numbers with commas.\n\nExamples:\n  \
popfield capacity --rule hebb --dim 500,1000 --load 0.02:0.2:0.02 \\\n      --observable bit-error --csv errors.csv --plot errors.svg\n  \
popfield capacity --rule exponential --dim 16,24,32 --rate 0.3:0.9:0.05 \\\n      --trials 1000 --plot threshold.svg\n  \
popfield capacity --rule hebb --setting auto-zeroed --dynamics async \\\n      --dim 1000 --load 0.02:0.2:0.01 --observable overlap --theory ags \\\n      --resume ags.journal\n  \
popfield capacity --rule pseudo-inverse --dim 64,128"
)]
#[command(group(clap::ArgGroup::new("sizes").args(["load", "rate", "patterns"])))]
pub struct Capacity {
    /// What makes fields of overlaps
    #[arg(long, value_enum, value_name = "R")]
    pub rule: LabRuleArg,
    /// Values of their own, or keys that recall themselves, and then the self-term (default hetero; with storkey
    /// auto-zeroed)
    #[arg(long, value_parser = named::<Setting>())]
    pub setting: Option<Setting>,
    /// One step, or to the limit
    #[arg(long, default_value_t = Steps::OneStep, value_parser = named::<Steps>())]
    pub dynamics: Steps,
    /// The values of hetero
    #[arg(long, default_value_t = Values::Random, value_parser = named::<Values>())]
    pub values: Values,
    /// Whether queries are stored patterns or noisy ones (default pattern, or noise with --noise)
    #[arg(long, value_enum)]
    pub start: Option<LabStartArg>,
    /// With --start noise: fraction of a query's positions flipped, round(P·D) of them
    #[arg(long, allow_negative_numbers = true, value_name = "P")]
    pub noise: Option<f64>,
    /// β of the exponential: a number from 1e-9 to 1e9, or 1/sqrt(d) (default 1)
    #[arg(long, value_name = "B", value_parser = beta, allow_hyphen_values = true)]
    pub beta: Option<BetaScaling>,
    /// Degree of the polynomial, 1 to 64 (default 2; an even one cannot tell a pattern from its complement)
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub degree: Option<u32>,
    /// What the sign of a field of exactly 0 is (default plus with hetero, else stay)
    #[arg(long, value_name = "P", value_parser = named::<Tie>())]
    pub tie: Option<Tie>,
    /// Dimensions, with commas
    #[arg(long, allow_negative_numbers = true, value_name = "LIST", value_delimiter = ',', value_parser = positive, default_value = "100,200,400")]
    pub dim: Vec<usize>,
    /// Patterns as a range of n/d
    #[arg(long, allow_hyphen_values = true, value_name = "RANGE", value_parser = clap::value_parser!(Range))]
    pub load: Option<Range>,
    /// Patterns as a range of (ln n)/d
    #[arg(long, allow_hyphen_values = true, value_name = "RANGE", value_parser = clap::value_parser!(Range))]
    pub rate: Option<Range>,
    /// Patterns as a range of n
    #[arg(long, allow_hyphen_values = true, value_name = "RANGE", value_parser = clap::value_parser!(Range))]
    pub patterns: Option<Range>,
    /// Memories at each point
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub trials: u64,
    /// Keys asked of each memory (default 64 for one step, 4 for runs to the limit or 1 in memories of more than 4 Mbit, all
    /// if there are fewer; 1 where memories are sampled; all with --observable all)
    #[arg(long, allow_negative_numbers = true, value_name = "Q", value_parser = clap::value_parser!(u64).range(1..))]
    pub queries: Option<u64>,
    /// Whether all patterns are stored or only what a query depends on is drawn (default: sampled where that is cheaper
    /// and enough)
    #[arg(long, value_parser = named::<Way>())]
    pub memories: Option<Way>,
    /// What is measured of an answer
    #[arg(long, default_value_t = Observable::Pattern, value_parser = named::<Observable>())]
    pub observable: Observable,
    /// Predictions to show beside it, by name with commas, or none (default: all that say something)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub theory: Option<Vec<String>>,
    /// Write a row for each point: what was measured with its interval, what theory says, and the settings
    #[arg(long, value_name = "F.csv")]
    pub csv: Option<PathBuf>,
    /// Write a row for each trial
    #[arg(long, value_name = "F.csv")]
    pub raw: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    /// Draw it, as SVG or PNG
    #[arg(long, value_name = "F.svg")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub look: LookArgs,
    /// Seed of memories and noise
    #[arg(long, allow_negative_numbers = true, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Keep finished points in a journal and take up those that it holds; made if it is not there
    #[arg(long, value_name = "F")]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    pub threads: Threads,
}

impl Capacity {
    /// The experiment, checked.
    fn experiment(&self) -> Result<Experiment> {
        let name = self.rule.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let stray = |option: &str, owner: &str| {
            Failure::usage(format!("--{option} belongs to --rule {owner}, found --rule {name}"))
        };
        if self.beta.is_some() && self.rule != LabRuleArg::Exponential {
            return Err(stray("beta", "exponential"));
        }
        if self.degree.is_some() && self.rule != LabRuleArg::Polynomial {
            return Err(stray("degree", "polynomial"));
        }
        let rule = match self.rule {
            LabRuleArg::Hebb => Rule::Hebb,
            LabRuleArg::PseudoInverse => Rule::PseudoInverse,
            LabRuleArg::Storkey => Rule::Storkey,
            LabRuleArg::Polynomial => Rule::Polynomial(self.degree.unwrap_or(2)),
            LabRuleArg::Exponential => Rule::Exponential(self.beta.unwrap_or(BetaScaling::Fixed(1.0))),
            LabRuleArg::Max => Rule::Max,
        };
        let noise = match (self.start, self.noise) {
            (Some(LabStartArg::Pattern), Some(noise)) => {
                return Err(Failure::usage(format!(
                    "--noise: expected --start noise, found --start pattern and {noise}"
                )));
            }
            (Some(LabStartArg::Noise), None) => {
                return Err(Failure::usage("--start noise: expected --noise P beside it, found none"));
            }
            (_, noise) => noise.unwrap_or(0.0),
        };
        let setting = self.setting.unwrap_or(match rule {
            Rule::Storkey => Setting::AutoZeroed,
            _ => Setting::Hetero,
        });
        let experiment = Experiment::new(rule, setting).steps(self.dynamics).values(self.values).noise(noise);
        Ok(experiment.tie(self.tie.unwrap_or(experiment.tie)).checked()?)
    }

    /// What is to be measured, as far as these options can tell whether it can be.
    pub fn study(&self) -> Result<Study> {
        let sizes = match (&self.load, &self.rate, &self.patterns) {
            (Some(load), _, _) => Sizes::Load(load.clone()),
            (_, Some(rate), _) => Sizes::Rate(rate.clone()),
            (_, _, Some(patterns)) => Sizes::Patterns(patterns.clone()),
            (None, None, None) => Sizes::Searched,
        };
        let mut study = Study::new(self.experiment()?)
            .observable(self.observable)
            .dims(self.dim.iter().copied())
            .sizes(sizes)
            .trials(self.trials)
            .seed(self.seed);
        study.queries = self.queries;
        study.way = self.memories;
        study.predictions = match self.theory.as_deref() {
            Some([word]) if word == "none" => Some(Vec::new()),
            names => names.map(<[String]>::to_vec),
        };
        Ok(study)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LabRuleArg {
    /// f(s) = s
    Hebb,
    /// W = Y X⁺, Moore and Penrose's where keys depend on one another
    PseudoInverse,
    /// Storkey's rule
    Storkey,
    /// f(s) = s^K
    Polynomial,
    /// f(s) = e^(βs)
    Exponential,
    /// The nearest keys vote
    Max,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LabStartArg {
    /// The stored key itself
    Pattern,
    /// The stored key with some positions flipped
    Noise,
}
