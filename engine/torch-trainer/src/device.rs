//! Where to compute. The worker is linked with the CPU part of libtorch alone; where the machine has a driver and
//! the folder of libtorch has the CUDA part too, that is loaded at start and registers itself.

use std::path::PathBuf;

use training_protocol::Device;

use crate::error::TrainerError;

const CUDA_LIBRARY: &str = "libtorch_cuda.so";
const DRIVER: &str = "/proc/driver/nvidia/version";

/// Finds the device, and loads what it needs.
pub(crate) fn choose(wanted: Device) -> Result<tch::Device, TrainerError> {
    if wanted == Device::Cpu {
        return Ok(tch::Device::Cpu);
    }
    match (load_cuda(), wanted) {
        (Ok(()), _) => Ok(tch::Device::Cuda(0)),
        (Err(_), Device::Auto | Device::Cpu) => Ok(tch::Device::Cpu),
        (Err(reason), Device::Cuda) => Err(TrainerError::NoGpu(reason)),
    }
}

/// What can be chosen here, without loading it: the CUDA part takes 265 MB of memory.
pub(crate) fn names() -> Vec<String> {
    let mut names = vec!["cpu".to_owned()];
    if std::path::Path::new(DRIVER).exists() && cuda_library().is_some() {
        names.push("cuda".to_owned());
    }
    names
}

pub(crate) fn name(device: tch::Device) -> String {
    match device {
        tch::Device::Cuda(number) => format!("cuda:{number}"),
        _ => "cpu".into(),
    }
}

fn load_cuda() -> Result<(), &'static str> {
    if !std::path::Path::new(DRIVER).exists() {
        return Err("the machine has no NVIDIA driver");
    }
    let library = cuda_library().ok_or("the libtorch of this worker has no CUDA part (libtorch_cuda.so)")?;
    // SAFETY: running the library's initialisers is what loading it is for; it belongs to the same libtorch.
    let loaded = unsafe {
        libloading::os::unix::Library::open(
            Some(library),
            libloading::os::unix::RTLD_LAZY | libloading::os::unix::RTLD_GLOBAL,
        )
    };
    // Never unloaded: libtorch keeps pointers into it.
    std::mem::forget(loaded.map_err(|_| "libtorch_cuda.so cannot be loaded")?);
    if tch::Cuda::is_available() { Ok(()) } else { Err("libtorch finds no usable GPU") }
}

/// The CUDA part beside the CPU part that this process runs with.
fn cuda_library() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let cpu_library = maps.lines().find(|line| line.ends_with("/libtorch_cpu.so"))?;
    let path = PathBuf::from(cpu_library.get(cpu_library.find('/')?..)?);
    Some(path.with_file_name(CUDA_LIBRARY)).filter(|library| library.exists())
}
