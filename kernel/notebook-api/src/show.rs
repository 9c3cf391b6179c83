//! Displays: `show(&value)`, and the value of the last line of a cell.

use std::fmt;

use crate::{Content, channel};

/// A value that can be shown in a notebook.
pub trait Show {
    /// The forms in which it is shown.
    fn content(&self) -> Content;
}

impl Show for Content {
    fn content(&self) -> Content {
        self.clone()
    }
}

impl<T: Show + ?Sized> Show for &T {
    fn content(&self) -> Content {
        (**self).content()
    }
}

/// Shows a value, at once; a cell can show many.
pub fn show(value: &(impl Show + ?Sized)) -> Shown {
    channel::send_display(&value.content(), None, false);
    Shown(())
}

/// Shows a value under an id, by which [`update`] replaces it.
pub fn show_as(id: &str, value: &(impl Show + ?Sized)) -> Shown {
    channel::send_display(&value.content(), Some(id), false);
    Shown(())
}

/// Replaces what [`show_as`] showed under this id, in whichever cell.
pub fn update(id: &str, value: &(impl Show + ?Sized)) -> Shown {
    channel::send_display(&value.content(), Some(id), true);
    Shown(())
}

/// What [`show`] returns: a value that itself shows nothing when it ends a cell.
pub struct Shown(pub(crate) ());

impl fmt::Debug for Shown {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl Shown {
    /// Called by evcxr for the last value of a cell.
    pub fn evcxr_display(&self) {}
}

impl Content {
    /// Called by evcxr for the last value of a cell.
    pub fn evcxr_display(&self) {
        show(self);
    }
}

impl crate::Table {
    /// Called by evcxr for the last value of a cell.
    pub fn evcxr_display(&self) {
        show(self);
    }
}

impl crate::Histogram {
    /// Called by evcxr for the last value of a cell.
    pub fn evcxr_display(&self) {
        show(self);
    }
}

/// Shows the last value of a cell that knows no other way by its `Debug`, and nothing for `()`.
///
/// evcxr compiles a cell once for the case that its last value has a method `evcxr_display`, and once more when it
/// has none. With this trait in scope every value that has `Debug` has one, which saves the second compilation;
/// methods of the value itself go first.
pub trait LastValue {
    /// Called by evcxr for the last value of a cell.
    fn evcxr_display(&self);
}

impl<T: fmt::Debug + ?Sized> LastValue for T {
    fn evcxr_display(&self) {
        let type_name = std::any::type_name::<T>();
        if type_name != "()" && type_name != std::any::type_name::<Shown>() {
            channel::send_value(&crate::text(format!("{self:?}")));
        }
    }
}
