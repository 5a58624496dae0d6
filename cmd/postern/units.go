package main

import (
	"errors"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/internal/units"
)

// A unitFlag is a flag whose text has a unit.
type unitFlag[T int | int64 | float64 | time.Duration] struct {
	value  *T
	none   *T // what the word none stands for; nil: it is not taken
	kind   string
	parse  func(string) (T, error)
	format func(T) string
}

// String implements [pflag.Value].
func (u *unitFlag[T]) String() string {
	if u.none != nil && (*u.value == *u.none || *u.value < 0 && *u.none < 0) {
		return units.None
	}
	if *u.value == 0 {
		return "0" // which is no default that help would print
	}
	return u.format(*u.value)
}

// Set implements [pflag.Value].
func (u *unitFlag[T]) Set(text string) (err error) {
	if u.none != nil {
		*u.value, err = units.Limit(text, *u.none, u.parse)
		return err
	}
	v, err := u.parse(text)
	if err == nil && v < 0 {
		return errors.New("it is not negative")
	}
	*u.value = v
	return err
}

// Type implements [pflag.Value].
func (u *unitFlag[T]) Type() string { return u.kind }

// durationFlag is a flag for a duration. With none the word is taken, and stands for that.
func durationFlag(f *pflag.FlagSet, p *time.Duration, name string, byDefault time.Duration, usage string, none ...time.Duration) {
	f.Var(newDuration(p, byDefault, none...), name, usage)
}

// newDuration is the value of a durationFlag.
func newDuration(p *time.Duration, byDefault time.Duration, none ...time.Duration) pflag.Value {
	return newUnit(p, byDefault, none, "duration", units.ParseDuration, units.FormatDuration)
}

// sizeFlag is a flag for a number of bytes. With none the word is taken, and stands for that.
func sizeFlag[T int | int64](f *pflag.FlagSet, p *T, name string, byDefault T, usage string, none ...T) {
	f.Var(newUnit(p, byDefault, none, "size", parseSize[T], func(n T) string { return units.FormatSize(int64(n)) }), name, usage)
}

func parseSize[T int | int64](text string) (T, error) {
	n, err := units.ParseSize(text)
	if err == nil && int64(T(n)) != n {
		err = errors.New("it is more than this machine can count")
	}
	return T(n), err
}

// countFlag is a flag for a number of things. With none the word is taken, and stands for that.
func countFlag(f *pflag.FlagSet, p *int, name string, byDefault int, usage string, none ...int) {
	f.Var(newUnit(p, byDefault, none, "count", units.ParseCount, strconv.Itoa), name, usage)
}

// rateFlag is a flag for how many of something are to come in a second. None is as fast as can be.
func rateFlag(f *pflag.FlagSet, p *float64, name, usage string) {
	f.Var(newUnit(p, 0, []float64{0}, "rate", units.ParseRate, func(r float64) string { return strconv.FormatFloat(r, 'g', -1, 64) }), name, usage)
}

func newUnit[T int | int64 | float64 | time.Duration](p *T, byDefault T, none []T, kind string, parse func(string) (T, error), format func(T) string) pflag.Value {
	u := &unitFlag[T]{value: p, kind: kind, parse: parse, format: format}
	if len(none) > 0 {
		u.none = &none[0]
	}
	*p = byDefault
	return u
}
