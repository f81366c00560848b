package cbor

import "math"

// toHalf is the half-precision bits of a float, if it fits exactly. NaN does not.
func toHalf(value float32) (uint16, bool) {
	bits := math.Float32bits(value)
	sign := uint16(bits>>16) & 0x8000
	exponent := int(bits>>23&0xff) - 127
	fraction := bits & 0x7f_ffff
	switch {
	case exponent == -127 && fraction == 0:
		return sign, true
	case exponent == 128 && fraction == 0:
		return sign | 0x7c00, true
	case -14 <= exponent && exponent <= 15 && fraction&0x1fff == 0:
		return sign | uint16(exponent+15)<<10 | uint16(fraction>>13), true
	case -24 <= exponent && exponent <= -15: // subnormal: a multiple of 2^-24
		significand := fraction | 0x80_0000
		shift := -(exponent + 1)
		if significand&(1<<shift-1) == 0 {
			return sign | uint16(significand>>shift), true
		}
	}
	return 0, false
}

// fromHalf is the value of half-precision bits.
func fromHalf(bits uint16) float64 {
	fraction := float64(bits & 0x3ff)
	var magnitude float64
	switch exponent := int(bits >> 10 & 0x1f); {
	case exponent == 0:
		magnitude = math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		magnitude = math.Inf(1)
	case exponent == 31:
		return math.NaN()
	default:
		magnitude = math.Ldexp(1+fraction/1024, exponent-15)
	}
	if bits&0x8000 != 0 {
		return -magnitude
	}
	return magnitude
}
