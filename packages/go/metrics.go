package hmsffi

import "github.com/hms-ffi/hms-ffi/packages/go/internal/native"

// Metrics are how the calls of a client went so far.
type Metrics struct {
	Calls          uint64 // that were started
	Retries        uint64 // attempts beyond the first ones
	Failovers      uint64 // those of them because a link was lost or a provider left
	RetriesRefused uint64 // calls that were not tried again because too many of late had been
	Instances      int    // that calls go to now
	Resting        int    // those of them that rest because they kept failing
}

// Metrics are how the calls of this client went so far; zero for a closed one.
func (c *Client) Metrics() Metrics {
	m, err := native.MetricsOf(c.handle)
	if err != nil {
		return Metrics{}
	}
	return Metrics{
		Calls: m.Calls, Retries: m.Retries, Failovers: m.Failovers, RetriesRefused: m.RetriesRefused,
		Instances: int(m.Instances), Resting: int(m.Resting),
	}
}
