// Package uitest draws pages through a headless browser, so that people can look
// at them. Only tests use it, and only when pictures are asked for: the variable
// OTASUKE_SCREENSHOTS names the folder that they go to.
package uitest
