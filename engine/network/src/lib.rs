//! A neural network as data: as the user describes it in JSON ([`NetworkDescription`]), and as training
//! leaves it, with weights ([`Network`]). The trainer, the model file and the pipeline share these types;
//! nothing here computes gradients or knows libtorch.

mod description;
mod forward;
mod weights;

pub use description::{
    Activation, LayerDescription, Loss, MaskUse, NetworkDescription, NetworkError, Optimizer, Task,
};
pub use weights::{Layer, Network};
