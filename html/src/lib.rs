//! Pages that need nothing else, for bright and dark screens, and the parts that others are made of.
//!
//! What is put into a page is either markup, which only stands in the program, or text, which is escaped. So
//! nothing that comes from files or plans can be taken for markup.

mod markup;
mod thinning;
mod axis;
mod plot;
mod strip;
mod heat;
mod band;
mod page;

pub use band::{Band, Spread};
pub use heat::{Heat, heat, picked};
pub use markup::Html;
pub use page::{list, page, table};
pub use plot::{Line, Plot};
pub use strip::{Stretch, strip};
