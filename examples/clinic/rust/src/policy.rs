//! What a coverage pays: four fifths of what exceeds the deductible, if the coverage was in force.

use rust_decimal::Decimal as Exact;

use crate::records::{Claim, Coverage, Decision, Denial, Money};
use hms_ffi::Decimal;

const DEDUCTIBLE: Exact = Exact::from_parts(25_000, 0, 0, false, 2);
const SHARE: Exact = Exact::from_parts(80, 0, 0, false, 2);

/// Decides one claim under its coverage.
pub fn decide(claim: &Claim, coverage: &Coverage) -> Result<Decision, Denial> {
    if coverage.status != "active" {
        return Err(Denial::NotActive(coverage.status.clone()));
    }
    let end = coverage
        .period
        .as_ref()
        .and_then(|period| period.end.as_ref());
    if let Some(end) = end
        && end.text() < claim.created.text()
    {
        return Err(Denial::Ended(end.clone()));
    }
    let charged = charged(claim).ok_or(Denial::NoAmount)?;
    let amount = exact(&charged.amount);
    let paid = ((amount - DEDUCTIBLE).max(Exact::ZERO) * SHARE).round_dp(2);
    let paid = Money {
        amount: text(paid),
        currency: charged.currency.clone(),
    };
    Ok(Decision {
        claim: claim.id.clone(),
        charged,
        paid,
    })
}

/// The claim's total, or else the sum of its lines.
fn charged(claim: &Claim) -> Option<Money> {
    if let Some(total) = &claim.total {
        return Some(total.clone());
    }
    let nets: Vec<&Money> = claim
        .lines
        .iter()
        .filter_map(|line| line.net.as_ref())
        .collect();
    let sum = nets.iter().map(|net| exact(&net.amount)).sum();
    nets.first().map(|first| Money {
        amount: text(sum),
        currency: first.currency.clone(),
    })
}

fn exact(decimal: &Decimal) -> Exact {
    decimal
        .as_str()
        .parse()
        .expect("amounts of claims have fewer than 28 digits")
}

fn text(exact: Exact) -> Decimal {
    exact
        .to_string()
        .parse()
        .expect("a decimal's text is a decimal")
}
