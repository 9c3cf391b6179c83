//! Layers in 64-bit floats, for where a batch norm magnifies the rounding of 32 bits.
//!
//! A batch norm divides by the spread of its columns. Where that is small, the last bits of the values before it become
//! leading ones behind it, and two engines that both round correctly no longer agree. All layers up to the last such
//! batch norm are then computed in 64 bits, by operators that exist for them in every engine.

use super::features::write_cast;
use super::graph::GraphWriter;
use super::messages::DataType;
use network::{Activation, Layer, Network};

/// A batch norm may make errors of its input larger by this factor; rounding in 32 bits then moves no score by 1e-6.
const MOST_MAGNIFIED: f64 = 16.0;

/// How many of the first layers need 64 bits.
pub(super) fn n_double_layers(network: &Network) -> usize {
    let layers = &network.layers;
    let before = |position: usize| position.checked_sub(1).and_then(|before| layers.get(before));
    let mut positions = (0..layers.len()).rev();
    let last =
        positions.find(|&position| magnification(&layers[position], before(position)) > MOST_MAGNIFIED);
    last.map_or(0, |last| last + 1)
}

/// By how much a layer makes the rounding of its input larger. A rectified value is rounded in proportion to its size
/// (one that is always cut off is exactly 0), others as the sums of about 1 that they come from.
fn magnification(layer: &Layer, before: Option<&Layer>) -> f64 {
    let Layer::BatchNorm { gamma, mean, variance, epsilon, .. } = layer else { return 0.0 };
    let is_rectified = matches!(before, Some(Layer::Activation(Activation::Relu | Activation::LeakyRelu)));
    let columns = gamma.iter().zip(mean).zip(variance);
    let factors = columns.map(|((gamma, mean), variance)| {
        let spread = (f64::from(*variance) + f64::from(*epsilon)).sqrt();
        let least = if is_rectified { f64::from(*variance).sqrt() } else { 1.0 };
        f64::from(gamma.abs()) * (least + f64::from(mean.abs())) / spread
    });
    factors.fold(0.0, f64::max)
}

/// Writes layers behind a value of 32-bit floats and returns one.
pub(super) fn write_double_layers(graph: &mut GraphWriter, layers: &[Layer], input: &str) -> String {
    let mut value = write_cast(graph, "double/columns", input, DataType::Double);
    for (position, layer) in layers.iter().enumerate() {
        value = write_layer(graph, &format!("layer_{}", position + 1), layer, &value);
    }
    write_cast(graph, "double/narrowed", &value, DataType::Float)
}

fn write_layer(graph: &mut GraphWriter, role: &str, layer: &Layer, input: &str) -> String {
    match layer {
        Layer::Dense { n_inputs, n_outputs, weights, bias } => {
            let weights = widened(graph, &format!("{role}/weights"), &[*n_outputs, *n_inputs], weights);
            let bias = widened(graph, &format!("{role}/bias"), &[*n_outputs], bias);
            // Not `Gemm`, which tract has in 32 bits only.
            let mut formula = Formula { graph, role };
            let columns = formula.step("Transpose", "columns", &[&weights]);
            let product = formula.step("MatMul", "product", &[input, &columns]);
            formula.step("Add", "dense", &[&product, &bias])
        }
        Layer::BatchNorm { gamma, beta, mean, variance, epsilon } => {
            let [gamma, beta, mean, variance] =
                [("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance)]
                    .map(|(name, values)| widened(graph, &format!("{role}/{name}"), &[values.len()], values));
            let mut formula = Formula { graph, role };
            let epsilon = formula.number("epsilon", f64::from(*epsilon));
            let sum = formula.step("Add", "sum", &[&variance, &epsilon]);
            let spread = formula.step("Sqrt", "spread", &[&sum]);
            let scale = formula.step("Div", "scale", &[&gamma, &spread]);
            let centred = formula.step("Sub", "centred", &[input, &mean]);
            let scaled = formula.step("Mul", "scaled", &[&centred, &scale]);
            formula.step("Add", "batch_norm", &[&scaled, &beta])
        }
        Layer::Activation(activation) => write_activation(&mut Formula { graph, role }, *activation, input),
    }
}

/// The file keeps weights in 32 bits; an engine widens them once, when it reads the graph.
fn widened(graph: &mut GraphWriter, role: &str, dims: &[usize], values: &[f32]) -> String {
    let single = graph.floats(role, dims, values);
    write_cast(graph, &format!("{role}/double"), &single, DataType::Double)
}

/// Nodes and numbers of one layer.
struct Formula<'a> {
    graph: &'a mut GraphWriter,
    role: &'a str,
}

impl Formula<'_> {
    fn step(&mut self, operator: &str, name: &str, inputs: &[&str]) -> String {
        self.graph.node(operator, &format!("{}/{name}", self.role), inputs, &[])
    }

    fn number(&mut self, name: &str, number: f64) -> String {
        self.graph.doubles(&format!("{}/{name}", self.role), &[1], &[number])
    }

    /// `max(x, 0)`.
    fn positive(&mut self, input: &str) -> String {
        let zero = self.number("zero", 0.0);
        self.step("Max", "positive", &[input, &zero])
    }

    /// `1 / (1 + exp(-x))`.
    fn sigmoid(&mut self, input: &str) -> String {
        let one = self.number("one", 1.0);
        let negative = self.step("Neg", "negative", &[input]);
        let power = self.step("Exp", "power", &[&negative]);
        let sum = self.step("Add", "sum", &[&one, &power]);
        self.step("Div", "sigmoid", &[&one, &sum])
    }

    /// `scale (max(x, 0) + alpha (exp(min(x, 0)) - 1))`.
    fn exponential_unit(&mut self, input: &str, alpha: f64, scale: f64) -> String {
        let positive = self.positive(input);
        let (zero, one) = (self.number("nothing", 0.0), self.number("one", 1.0));
        let (alpha, scale) = (self.number("alpha", alpha), self.number("factor", scale));
        let negative = self.step("Min", "negative", &[input, &zero]);
        let power = self.step("Exp", "power", &[&negative]);
        let less_one = self.step("Sub", "less_one", &[&power, &one]);
        let below = self.step("Mul", "below", &[&less_one, &alpha]);
        let sum = self.step("Add", "sum", &[&positive, &below]);
        self.step("Mul", "exponential_unit", &[&sum, &scale])
    }

    /// `max(x, 0) + ln(1 + exp(-|x|))`.
    fn softplus(&mut self, input: &str) -> String {
        let positive = self.positive(input);
        let one = self.number("one", 1.0);
        let magnitude = self.step("Abs", "magnitude", &[input]);
        let negative = self.step("Neg", "negative", &[&magnitude]);
        let power = self.step("Exp", "power", &[&negative]);
        let sum = self.step("Add", "sum", &[&power, &one]);
        let logarithm = self.step("Log", "logarithm", &[&sum]);
        self.step("Add", "softplus", &[&positive, &logarithm])
    }

    /// `max(x, 0) - |x| / 2 erfc(|x| / sqrt 2)`, where `erfc(z) = t exp(P(2 t - 1) - z^2)` with `t = 2 / (2 + z)`:
    /// the operator for the error function exists in 32 bits only.
    fn gelu(&mut self, input: &str) -> String {
        let positive = self.positive(input);
        let [root, one, two] =
            [("inverse_root_of_2", std::f64::consts::FRAC_1_SQRT_2), ("one", 1.0), ("two", 2.0)]
                .map(|(name, number)| self.number(name, number));
        let magnitude = self.step("Abs", "magnitude", &[input]);
        let scaled = self.step("Mul", "scaled", &[&magnitude, &root]);
        let sum = self.step("Add", "sum", &[&scaled, &two]);
        let share = self.step("Div", "share", &[&two, &sum]);
        let doubled = self.step("Add", "doubled", &[&share, &share]);
        let place = self.step("Sub", "place", &[&doubled, &one]);
        let polynomial = self.polynomial(&place);
        let square = self.step("Mul", "square", &[&scaled, &scaled]);
        let exponent = self.step("Sub", "exponent", &[&polynomial, &square]);
        let power = self.step("Exp", "power", &[&exponent]);
        let tail = self.step("Mul", "tail", &[&share, &power]);
        let half = self.number("half", 0.5);
        let halved = self.step("Mul", "halved", &[&magnitude, &half]);
        let below = self.step("Mul", "below", &[&halved, &tail]);
        self.step("Sub", "gelu", &[&positive, &below])
    }

    /// [`ERFC_POLYNOMIAL`], by Horner's rule.
    fn polynomial(&mut self, place: &str) -> String {
        let [rest @ .., highest] = &ERFC_POLYNOMIAL;
        let mut value = self.number("coefficient_16", *highest);
        for (power, coefficient) in rest.iter().enumerate().rev() {
            let coefficient = self.number(&format!("coefficient_{power}"), *coefficient);
            let product = self.step("Mul", &format!("product_{power}"), &[&value, place]);
            value = self.step("Add", &format!("polynomial_{power}"), &[&product, &coefficient]);
        }
        value
    }
}

fn write_activation(formula: &mut Formula<'_>, activation: Activation, input: &str) -> String {
    match activation {
        Activation::Relu => formula.positive(input),
        Activation::LeakyRelu => {
            let slope = formula.number("slope", 0.01);
            let below = formula.step("Mul", "below", &[input, &slope]);
            formula.step("Max", "leaky", &[input, &below])
        }
        Activation::Elu => formula.exponential_unit(input, 1.0, 1.0),
        // Klambauer et al., arXiv:1706.02515, as in libtorch.
        Activation::Selu => formula.exponential_unit(input, 1.673_263_242_354_377_2, 1.050_700_987_355_480_5),
        Activation::Tanh => formula.step("Tanh", "tanh", &[input]),
        Activation::Sigmoid => formula.sigmoid(input),
        Activation::Silu => {
            let gate = formula.sigmoid(input);
            formula.step("Mul", "silu", &[input, &gate])
        }
        Activation::Gelu => formula.gelu(input),
        Activation::Softplus => formula.softplus(input),
    }
}

/// Of `ln(erfc(z) / t) + z^2` in `2 t - 1`, the lowest power first: fitted at Chebyshev's points, as in W. H. Press et
/// al., Numerical Recipes, 3rd edition, 6.2.2. `erfc` is right to 4e-12.
const ERFC_POLYNOMIAL: [f64; 17] = [
    -0.671_794_084_063_888_9,
    0.672_643_223_956_488_1,
    0.047_343_308_019_489_966,
    -0.046_895_609_485_500_735,
    -0.009_872_721_153_656_741,
    0.008_824_933_281_948_144,
    0.001_759_264_919_593_845_7,
    -0.002_345_825_838_862_906,
    -0.000_147_984_667_582_154_8,
    0.000_673_960_349_389_433_9,
    -8.858_313_828_170_408e-5,
    -0.000_175_587_755_636_802_6,
    6.234_278_137_492_656e-5,
    3.469_238_044_652_25e-5,
    -2.076_549_200_226_749e-5,
    -3.725_149_131_565_462_6e-6,
    3.161_059_204_400_341e-6,
];
