//go:build !cgo

package native

// Without cgo every function is unavailable.

func LimitsOf(string) (Limits, error)                     { return Limits{}, ErrUnavailable }
func LoadContract(string) (uint64, error)                 { return 0, ErrUnavailable }
func ParseContract([]File) (uint64, error)                { return 0, ErrUnavailable }
func ContractSchema(uint64, string) ([]byte, error)       { return nil, ErrUnavailable }
func FreeContract(uint64)                                 {}
func NewDriver() (driver uint64, descriptor int, e error) { return 0, -1, ErrUnavailable }

type Requests struct{}

func (*Requests) Len() int                                            { return 0 }
func (*Requests) Start(uint64, uint32, []byte, *StartOptions, uint64) {}
func (*Requests) GiveUp(uint64, uint64)                               {}
func (*Requests) Reply(uint64, uint32, []byte)                        {}
func (*Requests) Reset()                                              {}

type Exchanger struct{}

func NewExchanger() *Exchanger                                         { return nil }
func (*Exchanger) Exchange(uint64, *Requests, Look, func(*Event)) bool { return false }

func ConnectStart(uint64, string, uint64, string, int64, uint64, uint64) error { return ErrUnavailable }
func ClientSchema(uint64) ([]byte, error)                                      { return nil, ErrUnavailable }
func Start(uint64, uint32, []byte, *StartOptions, uint64) error                { return ErrUnavailable }
func GiveUp(uint64, uint64)                                                    {}
func MetricsOf(uint64) (Metrics, error)                                        { return Metrics{}, ErrUnavailable }
func CloseClient(uint64)                                                       {}

func ServerStart(uint64, uint64, []string, string, string, int, int, uint64) (uint64, error) {
	return 0, ErrUnavailable
}
func StopAccepting(uint64)          {}
func InFlight(uint64) int           { return 0 }
func CloseServer(uint64)            {}
func Info(uint64) (CallInfo, error) { return CallInfo{}, ErrUnavailable }
func Reply(uint64, uint32, []byte)  {}
