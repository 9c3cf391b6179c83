//! The two places where tensors and Rust share memory; all other `unsafe` of the worker loads a library.

use std::{marker::PhantomData, ops::Deref};

use tch::{Device, Kind, TchError, Tensor, kind::Element};

/// A tensor over memory that belongs to someone else: a slot of the ring is used where it stands, not copied.
pub(crate) struct Borrowed<'a> {
    tensor: Tensor,
    owner: PhantomData<&'a mut [u8]>,
}

impl Deref for Borrowed<'_> {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.tensor
    }
}

/// A tensor of `n_rows` rows over the start of a slice.
pub(crate) fn borrow<T: Element>(
    values: &mut [T],
    n_rows: usize,
    n_columns: usize,
) -> Result<Borrowed<'_>, TchError> {
    if n_rows.checked_mul(n_columns).is_none_or(|n_values| n_values > values.len()) {
        return Err(TchError::Shape(format!("{n_rows} rows of {n_columns} in {} values", values.len())));
    }
    // SAFETY: the slice holds as many values as the tensor has, of its kind; it is borrowed for as long as the
    // `Borrowed` lives, and what the trainer makes of the tensor (batches) is copied, not viewed.
    let tensor = unsafe {
        Tensor::f_from_blob(
            values.as_mut_ptr().cast(),
            &[n_rows as i64, n_columns as i64],
            &[],
            T::KIND,
            Device::Cpu,
        )
    }?;
    Ok(Borrowed { tensor, owner: PhantomData })
}

/// The values of a whole `f32` tensor, to be changed in one pass of our own; `None` where it is not on the CPU,
/// or not one block.
pub(crate) fn floats(tensor: &mut Tensor) -> Option<&mut [f32]> {
    let on_cpu = tensor.device() == Device::Cpu && tensor.f_kind().ok()? == Kind::Float;
    if !on_cpu || !tensor.is_contiguous() {
        return None;
    }
    let n_values = tensor.numel();
    if n_values == 0 {
        return Some(&mut []);
    }
    // SAFETY: a contiguous `f32` tensor on the CPU is so many initialised floats, aligned by libtorch to 64 bytes.
    // The worker calls libtorch from one thread only, which on the CPU finishes an operation before it returns; so
    // while the slice lives nobody else, not even a view of the same tensor, reads or writes the memory.
    Some(unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast(), n_values) })
}
