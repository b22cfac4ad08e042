//! The command line of a study, as a reader types it.

use popfield_lab::{BetaScaling, Experiment, Observable, Rule, Setting, Sizes, Steps, Study, Values};

/// The `popfield capacity` line that measures `study`. What is as it is without its option is left unsaid, but for the
/// dimensions, the degree and the trials, without which nobody could read the line, and for the options that are
/// `stated`, since a comparison turns on them.
pub fn command_line(study: &Study, stated: &[&str]) -> String {
    let Experiment { rule, setting, steps, values, noise, tie, .. } = study.experiment;
    let usual = if rule == Rule::Storkey { Setting::AutoZeroed } else { Setting::Hetero };
    let mut line = format!("popfield capacity --rule {}", rule.name());
    let mut say = |option: &str, value: &dyn ToString, unusual: bool| {
        if unusual || stated.contains(&option) {
            line += &format!(" --{option} {}", value.to_string());
        }
    };
    match rule {
        Rule::Polynomial(degree) => say("degree", &degree, true),
        Rule::Exponential(beta) => say("beta", &beta, beta != BetaScaling::Fixed(1.0)),
        _ => {}
    }
    say("setting", &setting, setting != usual);
    say("dynamics", &steps, steps != Steps::OneStep);
    say("values", &values, values != Values::Random);
    say("noise", &noise, noise != 0.0);
    say("tie", &tie.name(), tie != setting.default_tie());
    say("dim", &study.dims.iter().map(usize::to_string).collect::<Vec<_>>().join(","), true);
    let without_spaces = |range: &popfield_lab::Range| range.to_string().replace(' ', "");
    match &study.sizes {
        Sizes::Load(range) => say("load", &without_spaces(range), true),
        Sizes::Rate(range) => say("rate", &without_spaces(range), true),
        Sizes::Patterns(range) => say("patterns", &without_spaces(range), true),
        _ => {}
    }
    if let Some(queries) = study.queries {
        say("queries", &queries, true);
    }
    if let Some(way) = study.way {
        say("memories", &way, true);
    }
    say("observable", &study.observable, study.observable != Observable::Pattern);
    match study.predictions.as_deref() {
        None => {}
        Some([]) => say("theory", &"none", true),
        Some(names) => say("theory", &names.join(","), true),
    }
    say("trials", &study.trials, true);
    say("seed", &study.seed, study.seed != 1);
    line
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use popfield::Tie;
    use popfield_lab::{Range, Way};

    use popfield::Named;

    use super::*;
    use crate::args::{Cli, Command};

    fn parsed(line: &str) -> Study {
        match Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command) {
            Ok(Command::Capacity(options)) => options.study().unwrap(),
            other => panic!("{line}: {other:?}"),
        }
    }

    /// Every experiment there is, with each of the other parts in turn.
    #[test]
    fn the_line_of_a_study_is_parsed_to_that_study() {
        let mut lines = 0;
        let rules = [
            Rule::Hebb,
            Rule::PseudoInverse,
            Rule::Storkey,
            Rule::Polynomial(2),
            Rule::Polynomial(3),
            Rule::Exponential(BetaScaling::Fixed(1.0)),
            Rule::Exponential(BetaScaling::Fixed(0.1)),
            Rule::Exponential(BetaScaling::InverseRoot),
            Rule::Max,
        ];
        let with: [fn(Study) -> Study; 9] = [
            |study| study,
            |study| study.dims([12, 30]).load(Range::list(&[0.105, 1.0]).unwrap()),
            |study| study.rate(Range::linear(0.2, 0.5, 0.03).unwrap()).observable(Observable::BitError),
            |study| study.patterns(Range::geometric(16.0, 8192.0, 2.0).unwrap()).way(Way::Stored),
            |study| study.queries(16).trials(7).seed(u64::MAX),
            |study| study.observable(Observable::All).way(Way::Sampled),
            |study| study.observable(Observable::Overlap).without_predictions(),
            |study| study.predictions(["exact", "erfc"]),
            |study| study.trials(100).seed(1),
        ];
        for rule in rules {
            for &setting in Setting::ALL {
                for &steps in Steps::ALL {
                    for &values in Values::ALL {
                        for tie in [Tie::Plus, Tie::Minus, Tie::Stay] {
                            let experiment = Experiment::new(rule, setting).steps(steps).values(values).tie(tie);
                            for experiment in [experiment, experiment.noise(0.1)] {
                                if experiment.checked().is_err() {
                                    continue;
                                }
                                let study = with[lines % with.len()](Study::new(experiment));
                                let line = command_line(&study, &[]);
                                assert_eq!(parsed(&line), study, "{line}");
                                let spelled = command_line(&study, &["setting", "dynamics", "values", "beta", "seed"]);
                                assert!(spelled.contains(&format!("--setting {setting}")), "{spelled}");
                                assert_eq!(parsed(&spelled), study, "{spelled}");
                                lines += 1;
                            }
                        }
                    }
                }
            }
        }
        assert!(lines > 300, "{lines}");
    }
}
