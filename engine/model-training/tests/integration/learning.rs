//! What a training learns, and that it does so twice alike.

use network::Network;

use super::support::{Numbers, Row, Rows, row, run, settings, two_clouds, worker};

const SMALL: &str = r#""layers": [{"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", "units": 1}],
    "optimizer": {"type": "adam", "learning_rate": 0.02}"#;

#[test]
fn learns_exclusive_or() {
    let Some(worker) = worker("learns_exclusive_or") else { return };
    let corners = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)];
    let rows: Vec<Row> =
        corners.iter().cycle().take(200).map(|(values, label)| row(values, *label)).collect();
    let trained =
        run(settings(SMALL, r#", "epochs": 60, "batch_size": 20"#), &mut Rows::train_only(rows), &worker)
            .unwrap();
    let network = trained.network.unwrap();
    for (values, label) in corners {
        let score = network.predict_row(&values, &[0, 0])[0];
        assert!((score - label).abs() < 0.05, "{values:?}: {score}");
    }
    assert_eq!(trained.history.len(), 60);
    assert_eq!(trained.history.last().unwrap().train_metric, 1.0);
    assert!(trained.history[0].train_loss > 10.0 * trained.history[59].train_loss);
}

#[test]
fn separates_two_clouds_as_well_as_possible() {
    let Some(worker) = worker("separates_two_clouds_as_well_as_possible") else { return };
    let mut rows = Rows::new(vec![(two_clouds(4000, 2, 1), two_clouds(4000, 2, 2), Vec::new())]);
    let trained = run(settings(SMALL, r#", "epochs": 5"#), &mut rows, &worker).unwrap();
    let accuracy = trained.history.last().unwrap().validation_metric.unwrap();
    assert!((0.905..0.937).contains(&accuracy), "{accuracy}");
}

#[test]
fn learns_three_classes() {
    let Some(worker) = worker("learns_three_classes") else { return };
    let mut numbers = Numbers(3);
    let rows: Vec<Row> = (0..600)
        .map(|i| {
            let class = i % 3;
            let values: Vec<f32> = (0..3)
                .map(|column| f32::from(u8::from(column == class)) * 3.0 + numbers.normal() * 0.3)
                .collect();
            row(&values, class as f32)
        })
        .collect();
    let model = r#""layers": [{"type": "dense", "units": 3}], "task": {"classes": 3},
        "optimizer": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9}"#;
    let trained = run(settings(model, r#", "epochs": 10"#), &mut Rows::train_only(rows), &worker).unwrap();
    assert!(trained.history.last().unwrap().train_metric > 0.99, "{:?}", trained.history.last());
    let scores = trained.network.unwrap().predict_row(&[0.0, 3.0, 0.0], &[0; 3]);
    assert!(scores[1] > 0.9 && (scores.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{scores:?}");
}

#[test]
fn learns_a_line() {
    let Some(worker) = worker("learns_a_line") else { return };
    let mut numbers = Numbers(4);
    let rows: Vec<Row> = (0..500)
        .map(|_| {
            let (x, y) = (numbers.next(), numbers.next());
            row(&[x, y], 3.0 * x - 2.0 * y + 0.5)
        })
        .collect();
    let model = r#""layers": [{"type": "dense", "units": 1}], "task": "regression",
        "optimizer": {"type": "sgd", "learning_rate": 0.1}"#;
    let trained = run(settings(model, r#", "epochs": 40"#), &mut Rows::train_only(rows), &worker).unwrap();
    let score = trained.network.unwrap().predict_row(&[1.0, 1.0], &[0; 2])[0];
    assert!((score - 1.5).abs() < 1e-3, "{score}");
}

/// The mean squared error on the probability, by hand: p = 1/2 at first is not known, so only the outcome counts.
#[test]
fn learns_with_the_squared_error_of_probabilities() {
    let Some(worker) = worker("learns_with_the_squared_error_of_probabilities") else { return };
    let model = format!(r#"{SMALL}, "loss": "mean_squared_error""#);
    let mut rows = Rows::train_only(two_clouds(2000, 2, 5));
    let trained = run(settings(&model, r#", "epochs": 5"#), &mut rows, &worker).unwrap();
    let last = trained.history.last().unwrap();
    assert!(last.train_metric > 0.9 && last.train_loss < 0.08, "{last:?}");
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_does_not() {
    let Some(worker) = worker("the_same_seed_gives_the_same_bits_and_another_does_not") else { return };
    let model = r#""layers": [{"type": "dense", "units": 16, "activation": "relu"}, {"type": "dropout", "rate": 0.3},
        {"type": "batch_norm"}, {"type": "dense", "units": 1}], "mask": "embed""#;
    let train = |others: &str| -> Network {
        let mut rows = Rows::new(vec![
            (two_clouds(333, 5, 6), two_clouds(50, 5, 7), Vec::new()),
            (two_clouds(100, 5, 8), Vec::new(), two_clouds(10, 5, 9)),
        ]);
        run(settings(model, &format!(r#", "epochs": 3{others}"#)), &mut rows, &worker)
            .unwrap()
            .network
            .unwrap()
    };
    for mode in ["chunk", "standard"] {
        let with_seed = |seed: u64| train(&format!(r#", "mode": "{mode}", "seed": {seed}"#));
        assert_eq!(with_seed(1), with_seed(1));
        assert_ne!(with_seed(1), with_seed(2));
    }
    assert_ne!(train(r#", "mode": "chunk""#), train(r#", "mode": "standard""#));
}

/// One step of SGD with one batch moves each weight by the learning rate times the gradient of the loss; so two
/// trainings that differ by one epoch give the gradient, which must be that of the network's own forward pass.
#[test]
fn a_step_follows_the_gradient_of_the_networks_own_forward_pass() {
    let Some(worker) = worker("a_step_follows_the_gradient_of_the_networks_own_forward_pass") else { return };
    let activations = ["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "softplus"];
    let losses = [
        (r#""binary""#, "binary_cross_entropy", 1.0),
        (r#""binary""#, "mean_squared_error", 0.0),
        (r#""regression""#, "mean_squared_error", 2.5),
    ];
    for (i, activation) in activations.into_iter().enumerate() {
        for (task, loss, label) in losses.into_iter().skip(i % 3).take(1) {
            let model = format!(
                r#""layers": [{{"type": "dense", "units": 4, "activation": "{activation}"}},
                   {{"type": "dense", "units": 1}}], "task": {task}, "loss": "{loss}", "mask": "embed",
                   "optimizer": {{"type": "sgd", "learning_rate": 0.001}}"#
            );
            let after = |epochs: usize| {
                let rows = vec![row(&[0.7, f32::NAN, -0.4], label), row(&[-1.2, 0.3, 0.9], label)];
                let settings = settings(&model, &format!(r#", "epochs": {epochs}, "seed": 12"#));
                run(settings, &mut Rows::train_only(rows), &worker).unwrap().network.unwrap()
            };
            check_gradient(&after(1), &after(2), loss, label, &format!("{activation} {task} {loss}"));
        }
    }
}

/// Half the width of a finite difference.
const STEP: f32 = 5e-4;

fn check_gradient(before: &Network, after: &Network, loss: &str, label: f32, name: &str) {
    let mean_loss = |network: &Network| {
        let rows = [([0.7, f32::NAN, -0.4], [0, 1, 0]), ([-1.2, 0.3, 0.9], [0, 0, 0])];
        let losses = rows.map(|(values, mask)| {
            let score = f64::from(network.predict_row(&values, &mask)[0]);
            match loss {
                "binary_cross_entropy" => -score.ln(),
                _ => (score - f64::from(label)).powi(2),
            }
        });
        losses.iter().sum::<f64>() / 2.0
    };
    let n_parameters = parameters(&mut before.clone()).len();
    for i in 0..n_parameters {
        let at = |change: f32| {
            let mut network = before.clone();
            *parameters(&mut network)[i] += change;
            mean_loss(&network)
        };
        let expected = (at(STEP) - at(-STEP)) / (2.0 * f64::from(STEP));
        let (old, new) = (*parameters(&mut before.clone())[i], *parameters(&mut after.clone())[i]);
        let found = f64::from(old - new) / 0.001;
        assert!((found - expected).abs() < 1e-3 + 2e-3 * expected.abs(), "{name} {i}: {found} {expected}");
    }
}

fn parameters(network: &mut Network) -> Vec<&mut f32> {
    let mut found: Vec<&mut f32> = network.mask_embedding.iter_mut().collect();
    for layer in &mut network.layers {
        match layer {
            network::Layer::Dense { weights, bias, .. } => found.extend(weights.iter_mut().chain(bias)),
            network::Layer::BatchNorm { gamma, beta, .. } => found.extend(gamma.iter_mut().chain(beta)),
            network::Layer::Activation(_) => {}
        }
    }
    found
}

#[test]
fn a_negative_weight_takes_a_row_back() {
    let Some(worker) = worker("a_negative_weight_takes_a_row_back") else { return };
    // Twice the same rows, once with the wrong label and once more with the wrong label and the weight -1: the wrong
    // ones cancel exactly when batches hold everything.
    let right = two_clouds(200, 2, 12);
    let wrong = |weight: f32| {
        right.iter().map(move |row| Row { label: 1.0 - row.label, weight, ..row.clone() }).collect::<Vec<_>>()
    };
    let model =
        r#""layers": [{"type": "dense", "units": 1}], "optimizer": {"type": "sgd", "learning_rate": 0.5}"#;
    let train = |rows: Vec<Row>, rate: f64| {
        let model = model.replace("0.5", &rate.to_string());
        let settings = settings(&model, r#", "epochs": 20, "batch_size": 1000, "shuffle": false"#);
        run(settings, &mut Rows::train_only(rows), &worker).unwrap()
    };
    let plain = train(right.clone(), 0.5);
    let all: Vec<Row> = right.iter().cloned().chain(wrong(1.0)).chain(wrong(-1.0)).collect();
    // A third of the |weights| is left, so three times the rate makes the same steps.
    let cancelled = train(all, 1.5);
    let (plain_score, cancelled_score) = (
        plain.network.unwrap().predict_row(&[1.0, 1.0], &[0; 2])[0],
        cancelled.network.unwrap().predict_row(&[1.0, 1.0], &[0; 2])[0],
    );
    assert!((plain_score - cancelled_score).abs() < 1e-4, "{plain_score} {cancelled_score}");
    let (plain_loss, cancelled_loss) = (plain.history[19].train_loss, cancelled.history[19].train_loss);
    assert!((plain_loss - 3.0 * cancelled_loss).abs() < 1e-4, "{plain_loss} {cancelled_loss}");
}

#[test]
fn weights_scale_as_a_whole_changes_nothing() {
    let Some(worker) = worker("weights_scale_as_a_whole_changes_nothing") else { return };
    let train = |weight: f32| {
        let rows = two_clouds(100, 2, 13).into_iter().map(|row| Row { weight, ..row }).collect();
        run(settings(SMALL, r#", "epochs": 2"#), &mut Rows::train_only(rows), &worker)
            .unwrap()
            .network
            .unwrap()
    };
    assert_eq!(train(1.0), train(256.0));
}

#[test]
fn early_stopping_goes_back_to_the_best_weights() {
    let Some(worker) = worker("early_stopping_goes_back_to_the_best_weights") else { return };
    // Validation labels are the opposite of the training labels: the better it learns, the worse the validation.
    let opposite: Vec<Row> =
        two_clouds(200, 2, 14).into_iter().map(|row| Row { label: 1.0 - row.label, ..row }).collect();
    let mut rows = Rows::new(vec![(two_clouds(200, 2, 15), opposite, Vec::new())]);
    let stopping = r#", "epochs": 30, "early_stopping": {"patience": 3}, "mode": "standard""#;
    let stopped = run(settings(SMALL, stopping), &mut rows, &worker).unwrap();
    assert!(stopped.stopped);
    assert_eq!(stopped.history.len(), 4);
    let one_epoch = run(settings(SMALL, r#", "epochs": 1, "mode": "standard""#), &mut rows, &worker).unwrap();
    assert_eq!(stopped.network, one_epoch.network);
    assert!(!one_epoch.stopped);
}

#[test]
fn chunks_in_the_ring_are_read_once_and_others_in_every_epoch() {
    let Some(worker) = worker("chunks_in_the_ring_are_read_once_and_others_in_every_epoch") else { return };
    for (n_chunks, n_rewinds) in [(1, 1), (2, 1), (3, 4)] {
        let chunk = |i: u64| (two_clouds(40, 2, i), two_clouds(10, 2, 100 + i), Vec::new());
        let mut rows = Rows::new((0..n_chunks).map(chunk).collect());
        let trained =
            run(settings(SMALL, r#", "epochs": 4, "mode": "standard""#), &mut rows, &worker).unwrap();
        assert_eq!(rows.n_rewinds, n_rewinds, "{n_chunks} chunks");
        assert_eq!(trained.history.len(), 4);
        let record = &trained.history[3];
        assert_eq!((record.n_train, record.n_validation), (40 * n_chunks as usize, 10 * n_chunks as usize));
        let mut rows = Rows::new((0..n_chunks).map(chunk).collect());
        let trained = run(settings(SMALL, r#", "epochs": 4"#), &mut rows, &worker).unwrap();
        assert_eq!((rows.n_rewinds, trained.history.len()), (1, 4 * n_chunks as usize));
    }
}

#[test]
fn the_learning_rate_follows_its_schedule_and_gradients_are_clipped() {
    let Some(worker) = worker("the_learning_rate_follows_its_schedule_and_gradients_are_clipped") else {
        return;
    };
    let schedule = r#", "epochs": 3, "learning_rate_schedule": {"type": "exponential", "factor": 0.5}"#;
    let mut rows = Rows::train_only(two_clouds(100, 2, 16));
    let trained = run(settings(SMALL, schedule), &mut rows, &worker).unwrap();
    let rates: Vec<f64> = trained.history.iter().map(|record| record.learning_rate).collect();
    assert_eq!(rates, [0.02, 0.01, 0.005]);

    let sgd =
        r#""layers": [{"type": "dense", "units": 1}], "optimizer": {"type": "sgd", "learning_rate": 1.0}"#;
    let step = |clip: &str, epochs: usize| {
        let others = format!(r#", "epochs": {epochs}, "batch_size": 100{clip}"#);
        run(settings(sgd, &others), &mut rows_again(), &worker).unwrap().network.unwrap()
    };
    let clip = r#", "clip_gradient_norm": 0.01"#;
    let (mut before, mut after) = (step(clip, 1), step(clip, 2));
    let moved: f32 =
        parameters(&mut before).iter().zip(parameters(&mut after)).map(|(a, b)| (**a - *b).powi(2)).sum();
    assert!((moved.sqrt() - 0.01).abs() < 1e-5, "{moved}");
}

fn rows_again() -> Rows {
    Rows::train_only(two_clouds(100, 2, 16))
}
