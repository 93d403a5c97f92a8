package entry

import (
	"fmt"
	"strings"
)

// prefectures in the order of JIS X 0401: the first is 01.
var prefectures = [47]string{"北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県", "栃木県", "群馬県", "埼玉県", "千葉県", "東京都", "神奈川県",
	"新潟県", "富山県", "石川県", "福井県", "山梨県", "長野県", "岐阜県", "静岡県", "愛知県", "三重県", "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県",
	"鳥取県", "島根県", "岡山県", "広島県", "山口県", "徳島県", "香川県", "愛媛県", "高知県", "福岡県", "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県"}

// Prefecture is the number of JIS X 0401 of the prefecture that an address begins with: "27" of 大阪府…; "" of none.
func Prefecture(address string) string {
	for i, name := range prefectures {
		if strings.HasPrefix(address, name) {
			return fmt.Sprintf("%02d", i+1)
		}
	}
	return ""
}

// romaji are the same in Latin letters.
var romaji = [47]string{"Hokkaido", "Aomori", "Iwate", "Miyagi", "Akita", "Yamagata", "Fukushima", "Ibaraki", "Tochigi", "Gunma", "Saitama", "Chiba", "Tokyo", "Kanagawa",
	"Niigata", "Toyama", "Ishikawa", "Fukui", "Yamanashi", "Nagano", "Gifu", "Shizuoka", "Aichi", "Mie", "Shiga", "Kyoto", "Osaka", "Hyogo", "Nara", "Wakayama",
	"Tottori", "Shimane", "Okayama", "Hiroshima", "Yamaguchi", "Tokushima", "Kagawa", "Ehime", "Kochi", "Fukuoka", "Saga", "Nagasaki", "Kumamoto", "Oita", "Miyazaki", "Kagoshima", "Okinawa"}

// PrefectureName is the name to a number of [Prefecture], in Latin letters for "en"; the number itself when there is none.
func PrefectureName(number, lang string) string {
	var n int
	if _, err := fmt.Sscanf(number, "%d", &n); err != nil || n < 1 || n > len(prefectures) {
		return number
	}
	if lang == "en" {
		return romaji[n-1]
	}
	return prefectures[n-1]
}
