// Package sensorconf reads what a configuration of the field's sensors says of recognising,
// judging and recording, for offline inspection.
package sensorconf

import "errors"

// ErrSetting tells of a setting that cannot be understood.
var ErrSetting = errors.New("sensorconf: setting")
