//! `print!` that shows a line before it ends.

/// As the standard macro, and what it wrote is seen at once, also without an end of line.
#[macro_export]
macro_rules! print {
    ($($arguments:tt)*) => {
        $crate::flushed_print(::std::format_args!($($arguments)*))
    };
}

/// What [`print!`] calls.
#[doc(hidden)]
pub fn flushed_print(arguments: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    let mut stdout = std::io::stdout().lock();
    // A failure means that the kernel is gone; the worker ends with it.
    let _ = stdout.write_fmt(arguments).and_then(|()| stdout.flush());
}
