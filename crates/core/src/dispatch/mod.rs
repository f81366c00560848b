//! What surrounds a call inside an instance: how it ended, and the layers around it.

mod layer;
mod limit;
mod metrics;
mod outcome;

pub use layer::{Layer, LayerCall, Layers};
pub use limit::LimitLayer;
pub use metrics::{FunctionMetrics, MetricsLayer};
pub use outcome::Outcome;
