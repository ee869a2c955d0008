//! The structs and constants of `mlmon::abi` are those of the C headers, asked of a C program.
//!
//! MLMON_INCLUDE: the folder of the headers, else the one in the sources of mlmon.

use std::mem::{size_of, MaybeUninit};
use std::path::PathBuf;
use std::process::Command;
use std::ptr::addr_of;

use mlmon::abi;

/// One question: an expression in C, and what Rust has.
struct Question {
    c: String,
    rust: i128,
}

fn size_of_member<S, T>(_: fn(&S) -> &T) -> usize {
    size_of::<T>()
}

/// Name in C and its members, all of them and in order: they leave no room for one more.
macro_rules! layout {
    ($questions:ident, $rust:ident, $c:literal, $($member:ident)*) => {{
        let mut behind = 0;
        $(
            // std::mem::offset_of is newer than the Rust of Debian 12.
            let whole = MaybeUninit::<abi::$rust>::uninit();
            let at = unsafe { addr_of!((*whole.as_ptr()).$member) } as usize - whole.as_ptr() as usize;
            let size = size_of_member(|s: &abi::$rust| &s.$member);
            let name = stringify!($member).trim_start_matches("r#");
            $questions.push(Question { c: format!("offsetof({}, {})", $c, name), rust: at as i128 });
            $questions.push(Question { c: format!("sizeof((({} *)0)->{})", $c, name), rust: size as i128 });
            assert_eq!(at, behind, "{}.{}: is this list out of date?", $c, name);
            behind = at + size;
        )*
        assert_eq!(behind, size_of::<abi::$rust>(), "{}: is this list out of date?", $c);
        $questions.push(Question { c: format!("sizeof({})", $c), rust: behind as i128 });
    }};
}

macro_rules! constants {
    ($questions:ident, $($name:ident)*) => {
        $($questions.push(Question {
            c: concat!("MLMON_", stringify!($name)).to_string(),
            rust: abi::$name as i128,
        });)*
    };
}

fn questions() -> Vec<Question> {
    let mut all = Vec::new();
    layout!(all, Str, "mlmon_str", ptr len);
    layout!(all, Column, "mlmon_column", size r#type numbers integers text_off text_len text);
    layout!(all, Batch, "mlmon_batch", size flags first_seq dropped rows count sel time_ns model kind
        accuracy precision recall f1 p_value magnitude samples line offset raw_off raw_len raw
        n_columns reserved columns);
    layout!(all, ModelInfo, "mlmon_model_info", size model name version deployed_at deployed_s
        deployed_ns reserved);
    layout!(all, Action, "mlmon_action", size row model reserved r#type rule transition fields);
    layout!(all, Suppression, "mlmon_suppression", size row model has_until of rule why until_ns fields);
    layout!(all, Projection, "mlmon_projection", size r#type pointer event_type);
    layout!(all, Derived, "mlmon_derived", size row model reserved r#type fields);
    layout!(all, Tick, "mlmon_tick", size reserved time_ns);
    layout!(all, StateItem, "mlmon_state_item", size model key value);
    layout!(all, Services, "mlmon_observer_services", size abi_minor log set_error cancelled model_info
        act suppress explaining state_get state_put state_delete last_action_id project subscribe
        kind_name emit counter count tick_every state_scan state_next);
    layout!(all, ObserverRole, "mlmon_observer_role", size reserved create on_batch finish destroy
        on_tick migrate explain);
    layout!(all, Endpoint, "mlmon_endpoint", size flags name timeout_ms retry_initial_ms retry_max_ms
        retry_give_up_ms rate_limit rate_period_ms poll_ms group_by group_wait_ms most_at_once renew_ms
        fallback);
    layout!(all, DeliveryItem, "mlmon_delivery_item", size attempt id json began);
    layout!(all, DeliveryResult, "mlmon_delivery_result", size status retry_after_ms text);
    layout!(all, JobReport, "mlmon_job_report", size status text);
    layout!(all, DeliveryServices, "mlmon_delivery_services", size abi_minor log set_error cancelled
        add_endpoint tell try_tell);
    layout!(all, DeliveryRole, "mlmon_delivery_role", size reserved router_create endpoints route
        router_destroy create deliver destroy describe poll);
    layout!(all, Class, "mlmon_class", size state_version id version summary config_schema observer
        delivery subscribes emits);
    layout!(all, Plugin, "mlmon_plugin", size abi_major abi_minor min_host_minor reserved n_classes
        classes);
    layout!(all, Loader, "mlmon_loader", size abi_major abi_minor host_version error);
    constants!(all, ABI_MAJOR ABI_MINOR OK ENDED E_FAILED E_INVALID E_UNSUPPORTED E_NOT_FOUND E_CONFIG
        LOG_DEBUG LOG_INFO LOG_WARN LOG_ERROR KIND_METRICS KIND_DRIFT KIND_JOB BATCH_REPLAY BATCH_GAP
        BATCH_DERIVED COLUMN_NUMBER COLUMN_INTEGER COLUMN_BOOLEAN COLUMN_TEXT COLUMN_JSON
        ABSENT_INTEGER ABSENT_TEXT ENDPOINT_QUEUE ENDPOINT_GROUPS ENDPOINT_BEGAN DELIVERED RETRY DEAD
        JOB_OPEN JOB_DONE JOB_FAILED JOB_CANCELLED EVERY_MODEL NOTE_TYPE);
    all
}

/// What a C program says to each.
fn ask_c(questions: &[Question]) -> Vec<i128> {
    let include = std::env::var_os("MLMON_INCLUDE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../include"),
        PathBuf::from,
    );
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (source, program) = (folder.join("layout.c"), folder.join("layout"));
    let mut text = String::from("#include <mlmon/note.h>\n#include <stdio.h>\nint main(void) {\n");
    for question in questions {
        text += &format!("  printf(\"%lld\\n\", (long long)({}));\n", question.c);
    }
    std::fs::write(&source, text + "  return 0;\n}\n").unwrap();
    let built = Command::new("cc")
        .arg("-I")
        .arg(include)
        .arg("-o")
        .args([&program, &source])
        .status()
        .unwrap();
    assert!(built.success());
    let said = Command::new(&program).output().unwrap();
    String::from_utf8(said.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn the_layout_is_that_of_the_headers() {
    let questions = questions();
    let answers = ask_c(&questions);
    assert_eq!(answers.len(), questions.len());
    for (question, answer) in questions.iter().zip(answers) {
        assert_eq!(question.rust, answer, "{}", question.c);
    }
}
