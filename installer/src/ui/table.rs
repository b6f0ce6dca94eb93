//! The one style of tables: columns two spaces apart, a bold heading, and a last cell that wraps under itself.

use super::terminal::{BOLD, PLAIN, width};
use super::words::wrapped;

/// The space between columns.
const GAP: usize = 2;

/// Rows of formatted cells.
#[derive(Debug, Default)]
pub(super) struct Table {
    heading: Vec<&'static str>,
    right: &'static [usize],
    indent: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without a heading.
    pub(super) fn plain() -> Self {
        Self::default()
    }

    /// A table with a heading. The columns of these numbers are aligned to the right.
    pub(super) fn headed(heading: &[&'static str], right: &'static [usize]) -> Self {
        Self { heading: heading.to_vec(), right, ..Self::default() }
    }

    /// A table without a heading whose first column is aligned to the right.
    pub(super) fn numbered() -> Self {
        Self { right: &[0], ..Self::default() }
    }

    /// The table with this space before each line.
    pub(super) fn indented(mut self, indent: usize) -> Self {
        self.indent = indent;
        self
    }

    /// Adds a row. It may be shorter than others: its last cell is as long as it needs to be.
    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// The lines, one for each row below that of the heading.
    pub(super) fn lines(&self) -> Vec<String> {
        let heading: Vec<String> = self.heading.iter().map(|&cell| cell.to_owned()).collect();
        let all = || (!heading.is_empty()).then_some(&heading).into_iter().chain(&self.rows);
        let mut widths = Vec::new();
        for row in all() {
            for (column, cell) in row.iter().enumerate().take(row.len().saturating_sub(1)) {
                match widths.get_mut(column) {
                    Some(widest) => *widest = width(cell).max(*widest),
                    None => widths.push(width(cell)),
                }
            }
        }
        let lines = all().map(|row| self.line(row, &widths));
        let heads = usize::from(!heading.is_empty());
        lines
            .enumerate()
            .map(|(number, line)| if number < heads { format!("{BOLD}{line}{PLAIN}") } else { line })
            .collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let Some((last, cells)) = row.split_last() else { return String::new() };
        let (mut line, mut used) = (" ".repeat(self.indent), self.indent);
        for (column, (cell, widest)) in cells.iter().zip(widths).enumerate() {
            let space = " ".repeat(widest - width(cell));
            let (before, after) = if self.right.contains(&column) { (&*space, "") } else { ("", &*space) };
            line.extend([before, cell, after, &" ".repeat(GAP)]);
            used += widest + GAP;
        }
        if last.is_empty() {
            return line.trim_end().to_owned();
        }
        line + &wrapped(last, used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::Page;
    use crate::ui::terminal::{BREAK, RED};

    #[test]
    fn columns_are_as_wide_as_their_cells_and_the_last_one_wraps() {
        let mut table = Table::headed(&["step", "count", "what"], &[1]);
        table.row(["record".into(), format!("{RED}12{PLAIN}"), "many words that do not fit on it".into()]);
        table.row(["転送".into(), "3".into(), String::new()]);
        table.row(["deliver".into(), "missing altogether".into()]);
        let shown = Page::of_columns(40).plain(&table.lines().join(BREAK));
        assert_eq!(
            shown,
            "step     count  what\n\
             record      12  many words that do not\n                fit on it\n\
             転送         3\n\
             deliver  missing altogether"
        );
    }
}
