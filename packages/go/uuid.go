package hmsffi

import (
	"encoding/hex"
	"errors"
)

// UUID is a UUID (RFC 9562): its sixteen bytes in the order of the text. Other [16]byte types are accepted in its place.
type UUID [16]byte

// ParseUUID reads the text of a UUID with its four hyphens.
func ParseUUID(text string) (UUID, error) {
	var id UUID
	invalid := errors.New("not a UUID like 123e4567-e89b-12d3-a456-426614174000")
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return id, invalid
	}
	digits := text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	if _, err := hex.Decode(id[:], []byte(digits)); err != nil {
		return UUID{}, invalid
	}
	return id, nil
}

// String is the text in lower case.
func (id UUID) String() string {
	digits := hex.EncodeToString(id[:])
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}

// MarshalText gives the text.
func (id UUID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the text.
func (id *UUID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseUUID(string(text))
	return err
}
