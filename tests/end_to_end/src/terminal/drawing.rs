//! Draws a screen as an SVG picture.

use std::fmt::Write as _;

use vt100::{Color, Screen};

const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 14.0;

/// The xterm colors in use, on a dark background.
fn hex(color: Color, dim: bool) -> &'static str {
    match color {
        Color::Idx(1 | 9) => "#f47067",
        Color::Idx(2 | 10) => "#6bc46d",
        Color::Idx(3 | 11) => "#daaa3f",
        Color::Idx(5 | 13) => "#dc8cf0",
        Color::Idx(6 | 14) => "#39c5cf",
        Color::Idx(8) => "#768390",
        _ if dim => "#909dab",
        _ => "#dbe2e9",
    }
}

pub(super) fn svg(screen: &Screen, title: &str) -> String {
    let (_, columns) = screen.size();
    // Without the empty lines below.
    let rows = u16::try_from(screen.contents().trim_end().lines().count()).unwrap_or_default();
    let columns = columns.get();
    let (width, height) =
        (f32::from(columns) * CELL.0 + 2.0 * MARGIN, f32::from(rows) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" \
         font-size=\"14\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1c2128\"/>\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let look =
                |column| screen.cell(row, column).map(|cell| (cell.fgcolor(), cell.bold(), cell.dim()));
            let (from, first) = (column, look(column));
            let mut text = String::new();
            while column < columns && look(column) == first {
                let content = screen.cell(row, column).map(vt100::Cell::contents).unwrap_or_default();
                text.push_str(if content.is_empty() { " " } else { content });
                column += 1;
            }
            let (Some((color, bold, dim)), false) = (first, text.trim().is_empty()) else { continue };
            let (x, y) = (MARGIN + f32::from(from) * CELL.0, MARGIN + (f32::from(row) + 0.75) * CELL.1);
            let (fill, weight) = (hex(color, dim), if bold { " font-weight=\"bold\"" } else { "" });
            let length = text.trim_end().chars().count() as f32 * CELL.0;
            let text = text.trim_end().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{fill}\"{weight} textLength=\"{length:.1}\" \
                 xml:space=\"preserve\">{text}</text>"
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}
