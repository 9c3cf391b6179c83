//! Cells that come to their end.

use rust_cells::EngineState;

use crate::front_end::{AT_ONCE, Output, Test, engine, options, run, run_well};

pub(crate) fn tests() -> Vec<Test> {
    vec![
        ("the_engine_starts_in_the_background", starts_in_the_background),
        ("prints_keep_their_order_and_need_no_end_of_line", prints),
        ("displays_stand_between_prints_and_all_of_them_arrive", displays),
        ("the_last_value_is_shown", last_value),
        ("values_of_other_crates_show_themselves_by_evcxrs_protocol", evcxr_protocol),
        ("variables_functions_and_imports_stay", variables),
        ("types_of_the_standard_library_are_known", types),
        ("tables_go_to_cells_and_come_back", tables),
        ("questions_are_asked_and_answered", questions),
        ("progress_is_one_display_that_is_updated", progress),
        ("bytes_that_are_no_text_do_no_harm", bytes),
        ("many_lines_arrive_all", many_lines),
        ("output_of_threads_left_behind_comes_with_the_next_cell", left_behind),
        ("a_cell_of_a_megabyte_runs", megabyte),
        ("secrets_are_not_in_the_environment", secrets),
        ("commands_show_what_they_say", commands),
    ]
}

fn starts_in_the_background() {
    let began = std::time::Instant::now();
    let engine = engine();
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert!(matches!(engine.state(), EngineState::Starting { .. }), "{:?}", engine.state());
    run_well("1;");
    assert_eq!(engine.state(), EngineState::Ready);
}

fn prints() {
    let log = run_well("print!(\"a\"); eprint!(\"b\"); print!(\"c\"); println!(\"d\"); print!(\"no end\")");
    assert_eq!((log.out().as_str(), log.err().as_str()), ("acd\nno end", "b"));
    let log = run_well("println!(\"next\");");
    assert_eq!(log.out(), "next\n");
}

fn displays() {
    let log = run_well(
        "use mlaas4hep::*;\nprintln!(\"one\");\nshow(&html(\"<b>\"));\nprintln!(\"two\");\nshow_as(\"x\", &text(\"a\"));\nupdate(\"x\", &text(\"b\"));\nshow(&svg(\"<svg/>\"));\nshow(&json(\"application/json\", \"{\\\"k\\\": 1}\"))",
    );
    let kinds: Vec<String> = log
        .outputs
        .lock()
        .unwrap()
        .iter()
        .map(|output| match output {
            Output::Out(text) => text.trim().to_string(),
            Output::Display { id, is_update, data } => {
                format!("{} {} {is_update}", data.keys().next().unwrap(), id.as_deref().unwrap_or("-"))
            }
            other => format!("{other:?}"),
        })
        .collect();
    let expected = [
        "one",
        "text/html - false",
        "two",
        "text/plain x false",
        "text/plain x true",
        "image/svg+xml - false",
        "application/json - false",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(log.displays()[4]["application/json"]["k"], 1);
}

fn last_value() {
    for (code, shown) in [
        ("1 + 1", "2"),
        ("\"a\"", "\"a\""),
        ("vec![1, 2]", "[1, 2]"),
        ("let x = 3; x", "3"),
        ("mlaas4hep::text(\"content\")", "content"),
        ("()", ""),
        ("for _ in 0..2 { }", ""),
        ("mlaas4hep::show(&mlaas4hep::text(\"once\"))", "once"),
    ] {
        let log = run_well(code);
        assert_eq!(log.shown(), shown, "{code}");
        assert!(log.displays().len() <= 1, "{code}");
    }
    let log = run_well("let mut h = mlaas4hep::Histogram::new(\"x\", 2, 0.0, 1.0); h.fill(0.2); h");
    assert!(log.displays()[0]["image/svg+xml"].as_str().unwrap().contains("1 entries"));
}

fn evcxr_protocol() {
    let log = run_well(
        "struct Picture;\nimpl Picture { fn evcxr_display(&self) {\n  println!(\"EVCXR_BEGIN_CONTENT text/plain\\nP\\nEVCXR_END_CONTENT\");\n  println!(\"EVCXR_BEGIN_CONTENT text/html\\n<p>\\nEVCXR_END_CONTENT\");\n} }\nfor _ in 0..2 { Picture.evcxr_display(); println!(\"between\"); }\nPicture",
    );
    assert_eq!(log.displays().len(), 3);
    assert!(log.displays().iter().all(|data| data["text/plain"] == "P" && data["text/html"] == "<p>"));
}

fn variables() {
    run_well("let answer: u64 = 41; let mut list = vec![1.5_f32]; fn add(x: u64) -> u64 { x + 1 }");
    run_well("list.push(2.5);");
    let log = run_well("use std::collections::BTreeMap;\nprintln!(\"{} {:?}\", add(answer), list);");
    assert_eq!(log.out(), "42 [1.5, 2.5]\n");
    run_well("let map: BTreeMap<u8, u8> = BTreeMap::new();");
    let variables = engine().variables();
    for (name, of) in [("answer", "u64"), ("list", "Vec<f32>"), ("map", "BTreeMap<u8, u8>")] {
        assert!(variables.iter().any(|(found, _)| found == name), "{name}: {of} in {variables:?}");
    }
}

/// Variables of these types can be kept, and not only named.
fn types() {
    run_well(
        "use std::collections::*;
let map = HashMap::from([(1, \"a\")]); let set: HashSet<_> = [1_u8].into(); let tree = BTreeMap::from([(1.5_f64 as u32, vec![1])]);
let queue = VecDeque::from([Some(1)]); let now = std::time::Instant::now(); let took = now.elapsed();
let lock = std::sync::Mutex::new(vec![String::new()]); let shared = std::sync::Arc::new(1); let path = std::path::PathBuf::from(\"/\");
let file = std::fs::File::open(\"/dev/null\")?; let squares: Vec<_> = (0..4).map(|i| i * i).collect(); let sum: f64 = [1.0].iter().sum();
let words = \"a b\".split(' ').map(str::to_string).collect::<Vec<_>>(); let (least, most) = (squares[0].min(1), squares.iter().max().copied());
let boxed: Box<dyn Fn(f64) -> f64> = Box::new(|x| x); let text = format!(\"{}\", 1); let pairs: Vec<_> = squares.iter().copied().zip(words.clone()).collect();
let sender = std::sync::mpsc::channel::<u8>().0; let number = \"1\".parse::<i32>(); let command = std::process::Command::new(\"true\"); let address = std::net::Ipv4Addr::LOCALHOST;",
    );
    let variables = engine().variables();
    for (name, of) in [
        ("map", "HashMap<i32, &str>"),
        ("set", "HashSet<u8>"),
        ("tree", "BTreeMap<u32, Vec<i32>>"),
        ("queue", "VecDeque<Option<i32>>"),
        ("took", "Duration"),
        ("lock", "Mutex<Vec<String>>"),
        ("squares", "Vec<i32>"),
        ("most", "Option<i32>"),
        ("pairs", "Vec<(i32, String)>"),
    ] {
        let found = variables.iter().find(|(found, _)| found == name);
        assert!(
            found.is_some_and(|(_, found)| found.contains(of.split('<').next().unwrap())),
            "{name}: {of} in {variables:?}"
        );
    }
}

fn tables() {
    let table = mlaas4hep::TableBuilder::new()
        .flat("met", vec![1.0_f32, 2.0])
        .lists("Jet_pt", [vec![50.0_f32, 30.0], vec![]]);
    mlaas4hep::store::write_table(&options().store, "ttH", &table).unwrap();
    run_well("let events = mlaas4hep::table(\"ttH\")?;");
    let (result, log) = run(
        "let leading: Vec<f32> = events.jagged::<f32>(\"Jet_pt\")?.iter().map(|jets| jets.first().copied().unwrap_or(0.0)).collect();\nmlaas4hep::put(\"leading\", &leading)?;\nmlaas4hep::put(\"both\", mlaas4hep::TableBuilder::new().flat(\"a\", events.values::<f32>(\"met\")?).lists(\"b\", [vec![1_u8], vec![2, 3]]))?",
    );
    assert_eq!(result.unwrap().tables_put, ["leading", "both"]);
    assert!(log.outputs.lock().unwrap().contains(&Output::Table("leading".to_string())));
    let store = options().store;
    let leading = mlaas4hep::store::open_table(&store, "leading").unwrap();
    assert_eq!(leading.values::<f32>("leading").unwrap(), [50.0, 0.0]);
    let both = mlaas4hep::store::open_table(&store, "both").unwrap();
    assert_eq!(both.jagged::<u8>("b").unwrap().get(1), Some(&[2_u8, 3][..]));
    let log = run_well("events");
    assert!(log.displays()[0]["text/html"].as_str().unwrap().contains("table ttH: 2 events, 2 columns"));
    let (result, _) = run("mlaas4hep::put_branch(\"ttH\", \"leading\", &leading)?;");
    let [put] = &result.unwrap().branches_put[..] else { panic!("one branch") };
    assert_eq!([put.sample.as_str(), &put.branch, &put.table], ["ttH", "leading", "ttH/leading"]);
    let branch = mlaas4hep::store::open_table(&store, &put.table).unwrap();
    assert_eq!(branch.values::<f32>("leading").unwrap(), [50.0, 0.0]);
    // Brought when it is asked for, from any thread, and by a name that is made at run time.
    let log = run_well(
        "let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(|| mlaas4hep::table(&format!(\"la{}\", \"te\")).unwrap().values::<u8>(\"x\").unwrap().to_vec())).collect();\nfor thread in threads { println!(\"{:?}\", thread.join().unwrap()); }\nprintln!(\"{}\", mlaas4hep::tables()?.contains(&\"signal\".to_string()));",
    );
    assert_eq!(log.out(), "[4]\n[4]\n[4]\n[4]\ntrue\n");
    let (result, _) = run("mlaas4hep::table(\"too_large\")?;");
    assert!(result.unwrap_err().message.contains("cannot be had: it takes more memory"));
    let (result, _) = run("mlaas4hep::table(\"signl\")?;");
    assert!(result.unwrap_err().message.contains("did you mean signal"));
    let (result, _) = run("mlaas4hep::table(\"tth\")?;");
    let error = result.unwrap_err();
    assert_eq!(error.name, "Error");
    assert!(error.message.contains("did you mean ttH"), "{error}");
}

fn questions() {
    let log = crate::front_end::Log::default();
    log.answers.lock().unwrap().extend(["Ada: é", "secret"]);
    let code = "print!(\"before \");\nlet name = mlaas4hep::input(\"name: \")?;\nlet word = mlaas4hep::password(\"word\")?;\nprintln!(\"{name} {}\", word.len());\nprintln!(\"{}\", mlaas4hep::input(\"\").unwrap_err());";
    engine().execute(code, &log).unwrap();
    let expected = [
        Output::Out("before ".to_string()),
        Output::Asked("name: ".to_string(), false),
        Output::Asked("word".to_string(), true),
        Output::Out("Ada: é 6\n".to_string()),
        Output::Asked(String::new(), false),
        Output::Out("no input: no keyboard\n".to_string()),
    ];
    assert_eq!(*log.outputs.lock().unwrap(), expected);
}

fn progress() {
    let log = run_well("for done in 0..=100_000 { mlaas4hep::progress(done, 100_000, \"reading\"); }");
    let outputs = log.outputs.lock().unwrap();
    let updates: Vec<bool> = outputs
        .iter()
        .map(|output| match output {
            Output::Display { id: Some(_), is_update, .. } => *is_update,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(
        updates.len() >= 2 && !updates[0] && updates[1..].iter().all(|is_update| *is_update),
        "{updates:?}"
    );
    drop(outputs);
    assert!(log.shown().contains("100 % (100000 of 100000)"), "{}", log.shown());
}

fn bytes() {
    let log = run_well(
        "use std::io::Write as _;\nlet mut out = std::io::stdout();\nout.write_all(b\"\\xff\\xc3\\xa9 EVCXR_EXE\").unwrap();\nout.flush().unwrap();\nstd::io::stderr().write_all(b\"\\xfe\\n\").unwrap();",
    );
    assert_eq!((log.out().as_str(), log.err().as_str()), ("\u{fffd}é EVCXR_EXE", "\u{fffd}\n"));
}

fn many_lines() {
    let log = run_well("for line in 0..200_000 { println!(\"line {line}\"); }");
    let out = log.out();
    let mut lines = out.lines().enumerate();
    assert!(lines.all(|(number, line)| line == format!("line {number}")));
    assert_eq!(out.lines().count(), 200_000);
}

fn left_behind() {
    run_well(
        "let _ = std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(200)); println!(\"late\"); });",
    );
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(run_well("println!(\"now\");").out(), "late\nnow\n");
}

fn megabyte() {
    let log = run_well(&format!("let text = \"{}\"; println!(\"{{}}\", text.len());", "x".repeat(1 << 20)));
    assert_eq!(log.out(), "1048576\n");
}

fn secrets() {
    let log = run_well(
        "for (name, value) in std::env::vars() { if value.contains(\"s3cr3t\") { println!(\"{name}\"); } }\nprintln!(\"{}\", std::env::var(\"JUPYTERHUB_USER\").unwrap());",
    );
    assert_eq!(log.out(), "ada\n");
}

fn commands() {
    run_well("let shown_by_vars = 1_u8;");
    assert!(run_well(":vars").shown().contains("shown_by_vars: u8"));
    assert!(run_well(":type shown_by_vars").shown().contains("u8"));
    for code in [":quit", "!ls", ":env A=b"] {
        let (result, log) = run(code);
        assert_eq!(result.unwrap_err().name, "UnknownCommand");
        assert!(log.outputs.lock().unwrap().is_empty());
    }
}
