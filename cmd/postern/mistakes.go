package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/internal/suggest"
	"github.com/postern-gateway/postern/internal/units"
)

// noArgs refuses arguments. Where c has commands, one of them was meant.
func noArgs(c *cobra.Command, args []string) error {
	err := cobra.NoArgs(c, args)
	if err == nil {
		return nil
	}
	var known []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			known = append(known, sub.Name())
		}
	}
	if meant := suggest.Nearest(args[0], known...); meant != "" {
		return usage(fmt.Errorf("%w: did you mean %s %s?", err, c.CommandPath(), meant))
	}
	if len(known) > 0 {
		return usage(fmt.Errorf("%w: known are %s", err, strings.Join(known, ", ")))
	}
	return usage(err)
}

// flagMistake is the error of a flag that is not there, or whose value is not good: it says which
// flag was probably meant.
func flagMistake(c *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if meant := nearestFlag(c, unknown.GetSpecifiedName()); meant != "" {
			return usage(fmt.Errorf("%w: did you mean %s? See %s --help", err, meant, c.CommandPath()))
		}
	}
	if wrong, ok := errors.AsType[*strconv.NumError](err); ok {
		err = errors.New(strings.TrimSuffix(err.Error(), wrong.Error()) + meantNumber(wrong))
	}
	return usage(fmt.Errorf("%w; see %s --help", err, c.CommandPath()))
}

// meantNumber says what should stand where a number, or a yes or no, could not be read.
func meantNumber(wrong *strconv.NumError) string {
	switch {
	case wrong.Func == "ParseBool":
		return "say true or false"
	case errors.Is(wrong, strconv.ErrRange):
		return "the number is out of range"
	}
	return units.ErrCount.Error()
}

// nearestFlag returns the flag of c, with its dashes, that is nearest to a name.
func nearestFlag(c *cobra.Command, name string) string {
	if len(name) == 1 && c.Flags().ShorthandLookup(name) != nil {
		return "-" + name
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	if meant := suggest.Nearest(name, known...); meant != "" {
		return "--" + meant
	}
	return ""
}
