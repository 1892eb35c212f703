//! Pages that need nothing else: one file, without scripts, for bright and dark screens.
//!
//! What is put into a page is either markup, which only stands in the program, or text, which is escaped. So
//! nothing that comes from files or plans can be taken for markup.

mod markup;
mod thinning;
mod axis;
mod plot;
mod strip;
mod heat;
mod page;

pub(crate) use heat::{Heat, heat, picked};
pub(crate) use markup::Html;
pub(crate) use page::{list, page, table};
pub(crate) use plot::{Line, Plot};
pub(crate) use strip::{Stretch, strip};
