//! Several tests at once: p-values that may all be compared with the one α.
//!
//! Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2): the
//! chance that any true hypothesis is rejected stays below α, whatever the tests have to do with each other.

use super::real;

/// The adjusted p-values, in the order given. None where one is not between 0 and 1.
#[must_use]
pub fn holm(p_values: &[f64]) -> Option<Vec<f64>> {
    if p_values.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return None;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let (mut adjusted, mut so_far) = (vec![0.0; p_values.len()], 0.0_f64);
    for (rank, at) in order.into_iter().enumerate() {
        so_far = so_far.max(real(p_values.len() - rank) * p_values[at]).min(1.0);
        adjusted[at] = so_far;
    }
    Some(adjusted)
}
