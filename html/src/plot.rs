//! Series as lines, in SVG.

use crate::{axis::Axis, markup::Html, thinning::thinned};

/// Width and height of the drawing, in its own units.
const SIZE: (f64, f64) = (960.0, 280.0);

/// Room at the left, for numbers, and below, for times.
const MARGIN: (f64, f64) = (64.0, 24.0);

/// A series with its name.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// What it is of.
    pub name: &'a str,
    /// From left to right, at equal distances.
    pub values: &'a [f64],
}

/// Lines over the same time.
#[derive(Clone, Debug)]
pub struct Plot<'a> {
    /// What it shows.
    pub title: &'static str,
    /// The first in front, thick, the others thin behind it.
    pub lines: &'a [Line<'a>],
    /// Texts below, at equal distances from the left end to the right one.
    pub times: &'a [String],
}

impl Plot<'_> {
    /// As SVG.
    pub fn draw(&self) -> Html {
        let axis = Axis::of(self.lines.iter().flat_map(|line| line.values).copied());
        let mut svg = Html::default();
        svg.mark("<figure><figcaption>").text(self.title).mark("</figcaption><svg viewBox=\"0 0 ");
        svg.place(SIZE.0).mark(" ").place(SIZE.1).mark("\" role=\"img\" aria-label=\"");
        svg.text(self.title).mark("\">");
        scale(&mut svg, &axis);
        times(&mut svg, self.times);
        for (n, line) in self.lines.iter().enumerate().rev() {
            draw_line(&mut svg, line, n == 0, &axis);
        }
        svg.mark("</svg></figure>\n");
        svg
    }
}

/// Lines across, with their numbers.
fn scale(svg: &mut Html, axis: &Axis) {
    for (value, text) in &axis.lines {
        let y = up(axis, *value);
        svg.mark("<line class=\"grid\" x1=\"").place(MARGIN.0).mark("\" x2=\"").place(SIZE.0);
        svg.mark("\" y1=\"").place(y).mark("\" y2=\"").place(y).mark("\"/>");
        svg.mark("<text class=\"left\" x=\"").place(MARGIN.0 - 6.0).mark("\" y=\"").place(y + 4.0);
        svg.mark("\">").text(text).mark("</text>");
    }
}

/// Times below: the first begins at its place, the last ends there, the others are around it.
fn times(svg: &mut Html, times: &[String]) {
    let last = times.len().saturating_sub(1);
    for (n, time) in times.iter().enumerate() {
        svg.mark("<text class=\"").mark(match n {
            0 => "first",
            _ if n == last => "last",
            _ => "middle",
        });
        svg.mark("\" x=\"").place(across(n, times.len())).mark("\" y=\"").place(SIZE.1 - 6.0);
        svg.mark("\">").text(time).mark("</text>");
    }
}

fn draw_line(svg: &mut Html, line: &Line<'_>, front: bool, axis: &Axis) {
    svg.mark("<polyline class=\"").mark(if front { "front" } else { "behind" });
    svg.mark("\" points=\"");
    for (n, place) in thinned(line.values).into_iter().enumerate() {
        svg.mark(if n > 0 { " " } else { "" }).place(across(place, line.values.len()));
        svg.mark(",").place(up(axis, line.values[place]));
    }
    svg.mark("\"><title>").text(line.name).mark("</title></polyline>");
}

/// Where the n-th of so many is.
#[expect(clippy::cast_precision_loss, reason = "there are no 2^53 values")]
fn across(n: usize, count: usize) -> f64 {
    let part = if count > 1 { n as f64 / (count - 1) as f64 } else { 0.0 };
    MARGIN.0 + part * (SIZE.0 - MARGIN.0)
}

fn up(axis: &Axis, value: f64) -> f64 {
    let height = SIZE.1 - MARGIN.1 - 8.0;
    8.0 + height * (1.0 - axis.part(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_drawn_the_first_in_front() {
        let times = ["Monday".to_owned(), "Tuesday".to_owned(), "<b>".to_owned()];
        let lines = [
            Line { name: "the median", values: &[1.0, 2.0, 3.0] },
            Line { name: "a<b", values: &[3.0, f64::NAN, 1.0] },
        ];
        let drawn = Plot { title: "Equity", lines: &lines, times: &times }.draw();
        let drawn = drawn.as_str();
        let points: Vec<&str> =
            drawn.split("points=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(points, ["64,8 960,256", "64,256 512,132 960,8"]);
        assert!(drawn.find("behind").unwrap() < drawn.find("front").unwrap(), "{drawn}");
        for text in ["<title>a&lt;b</title>", ">Tuesday</text>", ">&lt;b&gt;</text>", ">2.0</text>"]
        {
            assert!(drawn.contains(text), "{text}\n{drawn}");
        }
    }

    #[test]
    fn nothing_can_be_drawn() {
        let nothing = Plot { title: "Equity", lines: &[], times: &[] }.draw();
        assert!(nothing.as_str().contains("<svg"));
    }
}
