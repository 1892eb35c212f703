//! Figures of pairs as a grid of colours: gains in one, losses in another, the stronger the larger.

use crate::markup::Html;

/// So many rows and columns at most: more than anybody tells apart.
const SIDE_MAX: usize = 100;

/// Width of the grid and height of a row, in units of the drawing; room for the values at the left and below.
const SIZE: (f64, f64) = (860.0, 18.0);
const MARGIN: (f64, f64) = (96.0, 40.0);

/// So many values stand below at most; at the left each row has its own.
const TEXTS_MAX: usize = 12;

/// The figures of pairs of values.
#[derive(Clone, Debug)]
pub struct Heat<'a> {
    /// What the rows are of, and their values.
    pub rows: (&'a str, &'a [String]),
    /// What the columns are of, and their values.
    pub columns: (&'a str, &'a [String]),
    /// Row after row; none where there is none.
    pub figures: &'a [Option<f64>],
    /// How a figure is written.
    pub shown: fn(f64) -> String,
}

impl Heat<'_> {
    /// The figure of a pair.
    pub fn figure(&self, row: usize, column: usize) -> Option<f64> {
        self.figures[row * self.columns.1.len() + column]
    }

    /// The largest in size; 0 if there is none.
    fn largest(&self) -> f64 {
        self.figures.iter().flatten().fold(0.0, |largest, figure| largest.max(figure.abs()))
    }
}

/// So many places of `count` at most, at about equal distances, the first and the last among them.
pub fn picked(count: usize, most: usize) -> Vec<usize> {
    if count <= most || most < 2 {
        return (0..count.min(most.max(1))).collect();
    }
    (0..most).map(|n| n * (count - 1) / (most - 1)).collect()
}

/// As SVG; `figures` says what they are.
pub fn heat(figures: &str, heat: &Heat<'_>) -> Html {
    let rows = picked(heat.rows.1.len(), SIDE_MAX);
    let columns = picked(heat.columns.1.len(), SIDE_MAX);
    let size = (number(columns.len()), number(rows.len()));
    let cell = (SIZE.0 / size.0.max(1.0), SIZE.1);
    let mut svg = Html::default();
    svg.mark("<figure><figcaption>").text(figures).mark(" by ").text(heat.rows.0);
    svg.mark(" (downwards) and ").text(heat.columns.0).mark(" (across)");
    if rows.len() < heat.rows.1.len() || columns.len() < heat.columns.1.len() {
        svg.mark(", not all of them");
    }
    svg.mark("</figcaption><svg viewBox=\"0 0 ").place(SIZE.0 + MARGIN.0).mark(" ");
    svg.place(size.1 * cell.1 + MARGIN.1).mark("\" role=\"img\" aria-label=\"");
    svg.text(figures).mark("\">");
    let coloured = (heat, heat.largest());
    for (y, row) in rows.iter().enumerate() {
        for (x, column) in columns.iter().enumerate() {
            let at = [number(x) * cell.0, number(y) * cell.1, cell.0];
            draw(&mut svg, coloured, (*row, *column), at);
        }
    }
    for (n, row) in rows.iter().enumerate() {
        svg.mark("<text class=\"left\" x=\"").place(MARGIN.0 - 6.0).mark("\" y=\"");
        svg.place((number(n) + 0.5) * cell.1 + 4.0).mark("\">").text(&heat.rows.1[*row]);
        svg.mark("</text>");
    }
    for n in picked(columns.len(), TEXTS_MAX) {
        svg.mark("<text class=\"middle\" x=\"").place(MARGIN.0 + (number(n) + 0.5) * cell.0);
        svg.mark("\" y=\"").place(size.1 * cell.1 + 18.0).mark("\">");
        svg.text(&heat.columns.1[columns[n]]).mark("</text>");
    }
    svg.mark("</svg></figure>\n");
    svg
}

/// A cell: `at` is its place and its width.
fn draw(
    svg: &mut Html,
    (heat, largest): (&Heat<'_>, f64),
    (row, column): (usize, usize),
    at: [f64; 3],
) {
    let figure = heat.figure(row, column);
    let part = figure.map_or(0.0, |figure| figure.abs() / largest.max(f64::MIN_POSITIVE));
    svg.mark("<rect class=\"").mark(match figure {
        None => "none",
        Some(figure) if figure < 0.0 => "loss",
        Some(_) => "gain",
    });
    svg.mark("\" x=\"").place(MARGIN.0 + at[0]).mark("\" y=\"").place(at[1]).mark("\" width=\"");
    svg.place(at[2]).mark("\" height=\"").place(SIZE.1).mark("\" fill-opacity=\"");
    svg.place(0.06 + 0.94 * part).mark("\"><title>").text(heat.rows.0).mark("=");
    svg.text(&heat.rows.1[row]).mark(" ").text(heat.columns.0).mark("=");
    svg.text(&heat.columns.1[column]).mark(": ");
    match figure {
        Some(figure) => svg.text((heat.shown)(figure)),
        None => svg.mark("none"),
    };
    svg.mark("</title></rect>");
}

#[expect(clippy::cast_precision_loss, reason = "there are a few hundred at most")]
fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(figure: f64) -> String {
        format!("{figure:.2}")
    }

    #[test]
    fn some_of_many_are_picked_evenly() {
        assert_eq!(picked(3, 5), [0, 1, 2]);
        assert_eq!(picked(5, 5), [0, 1, 2, 3, 4]);
        assert_eq!(picked(9, 5), [0, 2, 4, 6, 8]);
        assert_eq!(picked(1_000, 3), [0, 499, 999]);
        assert_eq!(picked(4, 1), [0]);
        assert_eq!(picked(0, 5), Vec::<usize>::new());
    }

    #[test]
    fn gains_and_losses_have_their_colours_by_size() {
        let texts =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let (rows, columns) = (texts(&["1", "2"]), texts(&["a", "<b>"]));
        let figures = [Some(2.0), Some(-4.0), None, Some(0.0)];
        let drawn = heat(
            "Sharpe",
            &Heat { rows: ("fast", &rows), columns: ("slow", &columns), figures: &figures, shown },
        );
        let drawn = drawn.as_str();
        let cells: Vec<(&str, &str)> = drawn
            .split("<rect class=\"")
            .skip(1)
            .map(|cell| {
                let opacity = cell.split("fill-opacity=\"").nth(1).unwrap();
                (cell.split('"').next().unwrap(), opacity.split('"').next().unwrap())
            })
            .collect();
        assert_eq!(cells, [("gain", "0.53"), ("loss", "1"), ("none", "0.06"), ("gain", "0.06")]);
        assert!(drawn.contains("<title>fast=1 slow=&lt;b&gt;: -4.00</title>"), "{drawn}");
        assert!(drawn.contains(">&lt;b&gt;</text>"), "{drawn}");
    }

    #[test]
    fn a_large_grid_is_thinned_and_says_so() {
        let values: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        let figures = vec![Some(1.0); 300];
        let one = vec!["x".to_owned()];
        let large = Heat { rows: ("a", &one), columns: ("b", &values), figures: &figures, shown };
        let drawn = heat("return", &large);
        assert_eq!(drawn.as_str().matches("<rect").count(), SIDE_MAX);
        assert!(drawn.as_str().contains("not all of them"));
    }
}
