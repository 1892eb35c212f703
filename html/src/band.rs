//! A series with what is around it, in SVG: where there is nothing, nothing is drawn.

use crate::{axis::Axis, markup::Html};

/// Width and height of the drawing, in its own units: narrow, so that its texts can be read on a phone.
const SIZE: (f64, f64) = (640.0, 150.0);

/// Room at the left, for numbers, and below, for times.
const MARGIN: (f64, f64) = (64.0, 24.0);

/// The lowest, the middle and the highest value at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The lowest.
    pub lowest: f64,
    /// The one that is drawn as a line.
    pub middle: f64,
    /// The highest.
    pub highest: f64,
}

/// Spreads over time.
#[derive(Clone, Debug)]
pub struct Band<'a> {
    /// What it shows.
    pub title: &'a str,
    /// What it comes to, for those who do not see it.
    pub says: &'a str,
    /// From left to right, at equal distances; none where there is none.
    pub spreads: &'a [Option<Spread>],
    /// Below the left end and below the right one.
    pub times: [&'a str; 2],
}

impl Band<'_> {
    /// As SVG.
    pub fn draw(&self) -> Html {
        let known = self.spreads.iter().flatten();
        let axis = Axis::of(known.flat_map(|spread| [spread.lowest, spread.highest]));
        let mut svg = Html::default();
        svg.mark("<figure><figcaption>").text(self.title).mark("</figcaption><svg viewBox=\"0 0 ");
        svg.place(SIZE.0)
            .mark(" ")
            .place(SIZE.1)
            .mark("\" preserveAspectRatio=\"xMinYMid\" role=\"img\" aria-label=\"");
        svg.text(self.says).mark("\">");
        for (value, text) in &axis.lines {
            let y = up(&axis, *value);
            svg.mark("<line class=\"grid\" x1=\"").place(MARGIN.0).mark("\" x2=\"").place(SIZE.0);
            svg.mark("\" y1=\"").place(y).mark("\" y2=\"").place(y).mark("\"/>");
            svg.mark("<text class=\"left\" x=\"").place(MARGIN.0 - 6.0).mark("\" y=\"");
            svg.place(y + 4.0).mark("\">").text(text).mark("</text>");
        }
        for (class, x, text) in
            [("first", MARGIN.0, self.times[0]), ("last", SIZE.0, self.times[1])]
        {
            svg.mark("<text class=\"").mark(class).mark("\" x=\"").place(x).mark("\" y=\"");
            svg.place(SIZE.1 - 6.0).mark("\">").text(text).mark("</text>");
        }
        for (first, stretch) in stretches(self.spreads) {
            draw(&mut svg, &axis, &|n| across(first + n, self.spreads.len()), &stretch);
        }
        svg.mark("</svg></figure>\n");
        svg
    }
}

/// What is there without a gap, and where it begins.
fn stretches(spreads: &[Option<Spread>]) -> Vec<(usize, Vec<Spread>)> {
    let mut stretches: Vec<(usize, Vec<Spread>)> = Vec::new();
    let mut open = false;
    for (n, spread) in spreads.iter().enumerate() {
        match (spread, stretches.last_mut()) {
            (Some(spread), Some((_, stretch))) if open => stretch.push(*spread),
            (Some(spread), _) => stretches.push((n, vec![*spread])),
            (None, _) => {}
        }
        open = spread.is_some();
    }
    stretches
}

/// The band, its middle, and a point at its end, which is all there is of a single one.
fn draw(svg: &mut Html, axis: &Axis, x: &dyn Fn(usize) -> f64, stretch: &[Spread]) {
    svg.mark("<polygon class=\"band\" points=\"");
    for (n, spread) in stretch.iter().enumerate() {
        svg.mark(" ").place(x(n)).mark(",").place(up(axis, spread.highest));
    }
    for (n, spread) in stretch.iter().enumerate().rev() {
        svg.mark(" ").place(x(n)).mark(",").place(up(axis, spread.lowest));
    }
    svg.mark("\"/><polyline class=\"front\" points=\"");
    for (n, spread) in stretch.iter().enumerate() {
        svg.mark(" ").place(x(n)).mark(",").place(up(axis, spread.middle));
    }
    svg.mark("\"/>");
    let last = stretch.len() - 1;
    for n in [0, last].into_iter().take(stretch.len()) {
        svg.mark("<circle class=\"point\" r=\"2.5\" cx=\"").place(x(n)).mark("\" cy=\"");
        svg.place(up(axis, stretch[n].middle)).mark("\"/>");
    }
}

/// Where the n-th of so many is.
#[expect(clippy::cast_precision_loss, reason = "there are no 2^53 places")]
fn across(n: usize, count: usize) -> f64 {
    let part = if count > 1 { n as f64 / (count - 1) as f64 } else { 0.0 };
    MARGIN.0 + part * (SIZE.0 - MARGIN.0 - 4.0)
}

fn up(axis: &Axis, value: f64) -> f64 {
    let height = SIZE.1 - MARGIN.1 - 8.0;
    8.0 + height * (1.0 - axis.part(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(spreads: &[Option<Spread>]) -> String {
        let band = Band { title: "Median", says: "a<b", spreads, times: ["12:00", "<i>"] }.draw();
        band.as_str().to_owned()
    }

    fn spread(lowest: f64, middle: f64, highest: f64) -> Spread {
        Spread { lowest, middle, highest }
    }

    #[test]
    fn a_gap_is_a_gap() {
        let drawn = drawn(&[
            Some(spread(0.0, 0.5, 1.0)),
            Some(spread(0.0, 1.0, 1.0)),
            None,
            None,
            Some(spread(0.5, 0.5, 0.5)),
        ]);
        let points: Vec<&str> =
            drawn.split("points=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(
            points,
            [" 64,8 207,8 207,126 64,126", " 64,67 207,8", " 636,67 636,67", " 636,67"]
        );
        assert_eq!(drawn.matches("<circle").count(), 3);
        assert!(drawn.contains("aria-label=\"a&lt;b\"") && drawn.contains(">&lt;i&gt;</text>"));
    }

    #[test]
    fn nothing_can_be_drawn() {
        for spreads in [&[][..], &[None], &[None, None]] {
            let drawn = drawn(spreads);
            assert!(drawn.contains("<svg") && !drawn.contains("<poly"), "{drawn}");
        }
    }
}
