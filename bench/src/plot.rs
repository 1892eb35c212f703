//! Plots of what was measured, as SVG.

use std::{ops::Range, path::Path};

use plotters::chart::SeriesLabelPosition;
use plotters::prelude::{
    BLACK, ChartBuilder, Color as _, IntoDrawingArea as _, IntoLogRange as _, LineSeries,
    Palette as _, Palette99, PathElement, SVGBackend, WHITE,
};

use crate::{Result, figures::spread};

/// Width and height, in pixels.
const SIZE: (u32, u32) = (760, 420);

/// One line of a plot.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// What it is of.
    pub(crate) name: String,
    /// From left to right.
    pub(crate) points: Vec<[f64; 2]>,
}

/// Lines over a logarithmic axis.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    /// The name of its file, without an ending.
    pub(crate) file: String,
    pub(crate) title: String,
    /// What is on the axis to the right, above 0 …
    pub(crate) x: String,
    /// … and on the one upwards.
    pub(crate) y: String,
    pub(crate) lines: Vec<Line>,
}

impl Plot {
    /// Writes it into a directory.
    pub(crate) fn draw(&self, directory: &Path) -> Result<()> {
        let file = directory.join(format!("{}.svg", self.file));
        let failed = |error| format!("cannot draw {}: {error}", file.display());
        Ok(self.draw_into(&file).map_err(failed)?)
    }

    fn draw_into(&self, file: &Path) -> Result<()> {
        let area = SVGBackend::new(file, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let Range { start, end } = self.bounds(0);
        let across = start * 0.8..end * 1.25;
        let up = 0.0..self.bounds(1).end * 1.05;
        let mut chart = ChartBuilder::on(&area)
            .caption(&self.title, ("sans-serif", 17))
            .margin(12)
            .margin_right(36)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(across.log_scale(), up)?;
        let mut mesh = chart.configure_mesh();
        let plain = |value: &f64| format!("{value}");
        mesh.light_line_style(WHITE).x_label_formatter(&plain).y_label_formatter(&plain);
        mesh.x_desc(&self.x).y_desc(&self.y).draw()?;
        for (index, line) in self.lines.iter().enumerate() {
            let style = Palette99::pick(index).stroke_width(2);
            let points = line.points.iter().map(|[x, y]| (*x, *y));
            chart
                .draw_series(LineSeries::new(points, style))?
                .label(&line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        let mut names = chart.configure_series_labels();
        names.position(SeriesLabelPosition::LowerRight);
        names.border_style(BLACK).background_style(WHITE.mix(0.8)).draw()?;
        Ok(area.present()?)
    }

    /// From the smallest to the largest value on one of the axes.
    fn bounds(&self, axis: usize) -> Range<f64> {
        let points = self.lines.iter().flat_map(|line| &line.points);
        let [least, most] = spread(&points.map(|point| point[axis]).collect::<Vec<f64>>());
        least..most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_drawn_and_named() {
        let line =
            |name: &str, y| Line { name: name.to_owned(), points: vec![[1.0, 0.0], [9.0, y]] };
        let plot = Plot {
            file: "both".to_owned(),
            title: "Both".to_owned(),
            x: "ms".to_owned(),
            y: "share".to_owned(),
            lines: vec![line("ours & theirs", 1.0), line("the floor", 2.0)],
        };
        let directory = tempfile::TempDir::new().unwrap();
        plot.draw(directory.path()).unwrap();
        let drawn = std::fs::read_to_string(directory.path().join("both.svg")).unwrap();
        for text in ["Both", "ours &amp; theirs", "the floor", "share"] {
            assert!(drawn.contains(text), "{text}");
        }
        assert!(drawn.matches("<polyline").count() >= 4, "two lines and two in the legend");
        let missing = plot.draw(&directory.path().join("none")).unwrap_err();
        assert!(missing.to_string().starts_with("cannot draw "), "{missing}");
    }
}
