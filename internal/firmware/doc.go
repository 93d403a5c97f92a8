// Package firmware knows versions of firmware and programs as makers in Japan and elsewhere write them, their order, and
// ranges in words: "Ver.2.95以前", "２．９５未満", "1.0.0.10 ～ 1.0.2.4".
//
// What cannot be compared is not guessed: the third answer is [Unknown]. The room is pure and knows no product.
package firmware
