// Package yamlconf reads the configuration format of the field's sensors: one YAML file
// with includes, and single settings given as "path.to.key=value". What it holds is asked
// for by dotted paths; an element of a list is named by its number or by its only key.
package yamlconf
