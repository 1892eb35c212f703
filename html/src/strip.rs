//! States over time, as a strip of colours: where several fall together, the worst is seen.

use crate::markup::Html;

/// Columns of the strip: what is shorter than one is seen as wide as one.
const COLUMNS: usize = 560;

/// The left end, below that of a plot; a column's width and the strip's height, in units of the drawing.
const LEFT: f64 = 64.0;
const SIZE: (f64, f64) = (1.6, 28.0);

/// A state from here until the next.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Its name, which is its colour's, too.
    pub state: &'static str,
    /// The larger, the worse.
    pub weight: u8,
    /// Where it begins: 0 at the left end, 1 at the right one.
    pub from: f64,
    /// What there is to say of it.
    pub says: String,
}

/// As SVG.
pub fn strip(title: &'static str, stretches: &[Stretch]) -> Html {
    let columns = columns(stretches);
    let mut svg = Html::default();
    svg.mark("<figure><figcaption>").text(title).mark("</figcaption><svg viewBox=\"0 0 960 28\"");
    svg.mark(" role=\"img\" aria-label=\"");
    svg.text(title).mark("\">");
    let mut first = 0;
    while first < columns.len() {
        let state = |n: usize| columns[n].map(|place| stretches[place].state);
        let same = (first..columns.len()).take_while(|n| state(*n) == state(first)).count();
        if let Some(place) = columns[first] {
            rectangle(&mut svg, first..first + same, &stretches[place]);
        }
        first += same;
    }
    svg.mark("</svg></figure>\n");
    svg
}

/// The place of the worst stretch in each column, if there is one.
fn columns(stretches: &[Stretch]) -> Vec<Option<usize>> {
    let mut columns: Vec<Option<usize>> = vec![None; COLUMNS];
    for (place, stretch) in stretches.iter().enumerate() {
        let until = stretches.get(place + 1).map_or(1.0, |next| next.from);
        let (first, last) = (column(stretch.from), column(until.next_down()));
        for column in &mut columns[first..=last.max(first)] {
            if column.is_none_or(|other| stretches[other].weight < stretch.weight) {
                *column = Some(place);
            }
        }
    }
    columns
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "it is cut to what there is"
)]
fn column(part: f64) -> usize {
    ((part.clamp(0.0, 1.0) * COLUMNS as f64) as usize).min(COLUMNS - 1)
}

#[expect(clippy::cast_precision_loss, reason = "there are a few hundred columns")]
fn rectangle(svg: &mut Html, columns: std::ops::Range<usize>, stretch: &Stretch) {
    svg.mark("<rect class=\"").text(stretch.state).mark("\" x=\"");
    svg.place(LEFT + columns.start as f64 * SIZE.0).mark("\" width=\"");
    svg.place(columns.len() as f64 * SIZE.0).mark("\" height=\"").place(SIZE.1);
    svg.mark("\"><title>").text(&stretch.says).mark("</title></rect>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(state: &'static str, weight: u8, from: f64) -> Stretch {
        Stretch { state, weight, from, says: format!("{state} from <{from}>") }
    }

    #[test]
    fn a_moment_of_an_error_is_seen() {
        let stretches = [
            stretch("OK", 0, 0.0),
            stretch("ERROR", 2, 0.5),
            stretch("OK", 0, 0.500_001),
            stretch("WAITING", 1, 0.500_002),
            stretch("OK", 0, 0.75),
        ];
        let drawn = strip("States", &stretches);
        let states: Vec<&str> = drawn
            .as_str()
            .split("<rect class=\"")
            .skip(1)
            .map(|rest| rest.split("\" height").next().unwrap())
            .collect();
        assert_eq!(
            states,
            [
                "OK\" x=\"64\" width=\"448",
                "ERROR\" x=\"512\" width=\"1.6",
                "WAITING\" x=\"513.6\" width=\"222.4",
                "OK\" x=\"736\" width=\"224"
            ]
        );
        assert!(drawn.as_str().contains("<title>ERROR from &lt;0.5&gt;</title>"));
    }

    #[test]
    fn what_begins_late_leaves_room_before() {
        let drawn = strip("States", &[stretch("OK", 0, 0.9), stretch("ERROR", 1, 1.0)]);
        assert!(drawn.as_str().contains("class=\"OK\" x=\"870.4\" width=\"88\""), "{drawn:?}");
        assert_eq!(strip("States", &[]).as_str().matches("<rect").count(), 0);
    }
}
