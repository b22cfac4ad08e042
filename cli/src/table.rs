//! Tables for people: columns that align, and no line longer than the terminal.

use comfy_table::{CellAlignment, LineStyle, TableStyle};

use crate::failure::Result;
use crate::output::{bold, say, terminal_width, wrapped_to};

/// A rule below the header, none between rows.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill(RULE).junction(RULE));
const RULE: char = '─';

/// Letters of a line of sentences at the least.
const LEAST: usize = 24;

/// Letters between columns.
const GAP: u16 = 2;

/// A table. The first column holds words, and the others numbers, aligned to the right, unless told otherwise.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    words: Vec<usize>,
    keys: usize,
    bound: Vec<usize>,
    folds: bool,
}

impl Table {
    /// A table of these columns. A name may have several lines.
    pub fn new<T: Into<String>>(header: impl IntoIterator<Item = T>) -> Self {
        Self {
            header: header.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
            words: vec![0],
            keys: 1,
            bound: Vec::new(),
            folds: false,
        }
    }

    /// These columns, too, hold words.
    #[must_use]
    pub fn words(mut self, columns: &[usize]) -> Self {
        self.words.extend(columns);
        self
    }

    /// It takes so many columns to say what a row is.
    #[must_use]
    pub fn keys(self, keys: usize) -> Self {
        Self { keys, ..self }
    }

    /// These columns stand beside the one before each, whatever room there is.
    #[must_use]
    pub fn bound(self, columns: impl IntoIterator<Item = usize>) -> Self {
        Self { bound: columns.into_iter().collect(), ..self }
    }

    /// The first column holds sentences, which may take several lines.
    #[must_use]
    pub fn folds(mut self) -> Self {
        self.folds = true;
        self
    }

    /// Adds a row; what it does not have is left empty.
    pub fn add_row<T: Into<String>>(&mut self, row: impl IntoIterator<Item = T>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }

    /// Writes it to standard output. On a terminal that is too narrow for all columns they come some at a time, each time
    /// after those that say what the rows are.
    pub fn say(&self) -> Result<()> {
        self.say_within(terminal_width())
    }

    /// The same for lines of so many columns, or of any.
    pub fn say_within(&self, width: Option<usize>) -> Result<()> {
        for (part, lines) in self.parts(width).iter().enumerate() {
            if part > 0 {
                say("")?;
            }
            let rule = lines.iter().position(|line| line.starts_with(RULE)).unwrap_or(0);
            for (at, line) in lines.iter().enumerate() {
                if at < rule { say(bold(line))? } else { say(line)? }
            }
        }
        Ok(())
    }

    /// The lines of all columns, or of some at a time so that none is wider than `width` where a column allows it.
    fn parts(&self, width: Option<usize>) -> Vec<Vec<String>> {
        let all: Vec<usize> = (0..self.header.len()).collect();
        let Some(width) = width else { return vec![self.lines(&all)] };
        let widths: Vec<usize> =
            self.of(&all).column_max_content_widths().into_iter().map(|width| usize::from(width + GAP)).collect();
        let others: usize = widths.iter().skip(1).sum();
        if self.folds && widths.iter().sum::<usize>() > width + usize::from(GAP) {
            return vec![self.folded(0, width.saturating_sub(others).max(LEAST)).lines(&all)];
        }
        let keys: Vec<usize> = (0..self.keys.min(widths.len())).collect();
        let of_keys: usize = widths[..keys.len()].iter().sum();
        let (mut parts, mut part, mut filled) = (Vec::new(), keys.clone(), of_keys);
        for (column, &wide) in widths.iter().enumerate().skip(keys.len()) {
            let more = if self.bound.contains(&(column + 1)) { widths[column + 1] } else { 0 };
            let breaks = part.len() > keys.len() && !self.bound.contains(&column);
            if breaks && filled + wide + more > width + usize::from(GAP) {
                parts.push(std::mem::replace(&mut part, keys.clone()));
                filled = of_keys;
            }
            part.push(column);
            filled += wide;
        }
        parts.push(part);
        // Words that are too long for a line by themselves take several.
        let room = (width + usize::from(GAP)).saturating_sub(of_keys + usize::from(GAP)).max(LEAST);
        let long = |&column: &usize| self.words.contains(&column) && widths[column] > room + usize::from(GAP);
        let folded =
            (keys.len()..widths.len()).filter(long).fold(self.clone(), |table, column| table.folded(column, room));
        parts.iter().map(|columns| folded.lines(columns)).collect()
    }

    /// The same with a column in lines of so many letters.
    fn folded(&self, column: usize, most: usize) -> Self {
        let mut folded = Self { folds: false, ..self.clone() };
        for cell in folded.rows.iter_mut().chain([&mut folded.header]).filter_map(|row| row.get_mut(column)) {
            let fold = |line: &str| {
                let text = line.trim_start();
                let indent = line.len() - text.len();
                format!("{}{}", &line[..indent], wrapped_to(text, indent, most))
            };
            *cell = cell.lines().map(fold).collect::<Vec<_>>().join("\n");
        }
        folded
    }

    fn lines(&self, columns: &[usize]) -> Vec<String> {
        let rule = RULE.to_string();
        let lines: Vec<String> = self.of(columns).lines().map(|line| line.trim_end().to_owned()).collect();
        let widest = lines.iter().filter(|line| !line.starts_with(RULE)).map(|line| line.chars().count()).max();
        let ruled = |line: String| if line.starts_with(RULE) { rule.repeat(widest.unwrap_or(0)) } else { line };
        lines.into_iter().map(ruled).collect()
    }

    fn of(&self, columns: &[usize]) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        let cells = |row: &[String]| -> Vec<String> {
            columns.iter().map(|&column| row.get(column).cloned().unwrap_or_default()).collect()
        };
        table.load_style(STYLE).set_header(cells(&self.header));
        for row in &self.rows {
            table.add_row(cells(row));
        }
        for (column, index) in table.column_iter_mut().zip(columns) {
            // One more stands between columns as it is.
            column.set_padding((0, GAP - 1));
            if !self.words.contains(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["name", "how\nmany", "of what", "share"]).words(&[2]);
        table.add_row(["first", "1", "apples", "10 %"]);
        table.add_row(["second one", "1000", "pears"]);
        table
    }

    #[test]
    fn columns_align_and_lines_end_in_no_spaces() {
        let lines = table().parts(None);
        let expected = [
            "name         how  of what  share",
            "            many",
            "────────────────────────────────",
            "first          1  apples    10 %",
            "second one  1000  pears",
        ];
        assert_eq!(lines, [expected]);
        assert_eq!(table().parts(Some(32)), lines);
    }

    #[test]
    fn what_a_terminal_has_no_room_for_comes_below() {
        let parts = table().parts(Some(31));
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0][3], "first          1  apples");
        assert_eq!(parts[1][2], "first        10 %");
        assert_eq!(parts[1][3], "second one");
        let mut sentences = Table::new(["which", "share"]).folds();
        sentences.add_row(["  a sentence that takes more than one line", "1"]);
        assert_eq!(
            sentences.parts(Some(34))[0],
            [
                "which                    share",
                "──────────────────────────────",
                "  a sentence that takes      1",
                "  more than one line",
            ]
        );
        // What is bound to a column before it goes along.
        let bound = table().bound([3]).parts(Some(31));
        assert_eq!((bound[0][3].as_str(), bound[1][2].as_str()), ("first          1", "first       apples    10 %"));
        let mut long = Table::new(["run", "ended in"]).words(&[1]);
        long.add_row(["0", "a mixture of more than has room in a line"]);
        assert_eq!(long.parts(Some(31))[0][2..], ["0    a mixture of more than has", "     room in a line"]);
        let both = table().keys(2).parts(Some(31));
        assert_eq!(both[1][3], "first          1   10 %");
        // A column by itself where even two are too much.
        assert_eq!(table().parts(Some(3)).len(), 3);
    }
}
