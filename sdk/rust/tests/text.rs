//! Numbers, fixed digits and times are what `<mlmon/text.h>` writes, asked of a C program.
//!
//! MLMON_INCLUDE: the folder of the headers, else the one in the sources of mlmon.

use std::path::PathBuf;
use std::process::Command;

use mlmon::{format_fixed, format_number, format_time};

const PROGRAM: &str = r#"
#include <mlmon/text.h>
int main(void) {
  unsigned long long bits;
  while (scanf("%llx", &bits) == 1) {
    double value, share = (double)(bits % 4000) / 4000;
    char number[mlmon_number_room], fixed[32], time[mlmon_time_room];
    memcpy(&value, &bits, sizeof value);
    mlmon_format_number(value, number);
    mlmon_format_fixed(share, 3, fixed, sizeof fixed);
    mlmon_format_time((int64_t)bits, time);
    printf("%s %s %s\n", number, fixed, time);
  }
  return 0;
}
"#;

fn values() -> Vec<u64> {
    let mut all: Vec<u64> =
        [0.0, -0.0, 0.1 + 0.2, 1e-5, 0.00012, 1e5, 1e16, 1e22, -5e-324, f64::MAX]
            .map(f64::to_bits)
            .into();
    for exponent in 0..2046u64 {
        let power = exponent << 52; // below it the doubles are closer
        all.extend([power, power + 1, power.wrapping_sub(1) & !(1 << 63)]);
    }
    let mut seed = 7u64;
    for _ in 0..20_000 {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        all.push(seed);
        all.push(((seed >> 11) as f64 / 1e6).to_bits());
        all.push(((seed >> 44) as f64 / 1e4).to_bits());
    }
    all.retain(|bits| f64::from_bits(*bits).is_finite());
    all
}

#[test]
fn texts_are_those_of_c() {
    let include = std::env::var_os("MLMON_INCLUDE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../include"),
        PathBuf::from,
    );
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (source, program, input) =
        (folder.join("text.c"), folder.join("text"), folder.join("bits"));
    std::fs::write(&source, PROGRAM).unwrap();
    let mut cc = Command::new("cc");
    cc.arg("-O1").arg("-I").arg(include).arg("-o").args([&program, &source]);
    assert!(cc.status().unwrap().success());
    let values = values();
    let bits: Vec<String> = values.iter().map(|bits| format!("{:x}\n", bits)).collect();
    std::fs::write(&input, bits.concat()).unwrap();
    let said = Command::new(&program).stdin(std::fs::File::open(&input).unwrap()).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.lines().count(), values.len());
    for (bits, line) in values.iter().zip(said.lines()) {
        let share = (bits % 4000) as f64 / 4000.0;
        let (number, time) = (format_number(f64::from_bits(*bits)), format_time(*bits as i64));
        assert_eq!(format!("{} {} {}", number, format_fixed(share, 3), time), line);
    }
}
