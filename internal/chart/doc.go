// Package chart draws bars with their spread, and curves, as SVG.
//
// A drawing is a text of a few KB. Its colours are CSS variables, so that one drawing serves a
// light page, a dark one and paper, by itself or as a part of an HTML page; its text is text, which
// can be searched and read aloud. It is made for the width of a phone, and grows with the page.
package chart
