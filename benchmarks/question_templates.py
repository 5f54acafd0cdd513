"""What the ground truth's questions are made of."""

from __future__ import annotations

TEMPLATES = {
    "vi": (
        "làm sao để {action_vi} {thing}", "{thing} {color} còn hàng không", "giá của {thing} {color} là bao nhiêu",
        "đơn hàng {number} của tôi đang ở đâu", "bao lâu thì {thing} giao đến {city}",
        "phí giao {thing} đến {city} là bao nhiêu",
        "tôi muốn đổi {thing} sang {thing}", "{thing} mua ở {city} có được bảo hành không", "cách {action_vi} trên {device}",
        "tôi không {action_vi} được trên {device}", "tôi đã {action_vi} được trên {device} nhưng vẫn báo lỗi {number}",
        "so sánh {thing} và {thing} giúp tôi", "tính {number} cộng {number} bằng bao nhiêu",
        "{number} phần trăm của {number} là bao nhiêu",
        "thời tiết ở {city} ngày {number} thế nào", "nấu {dish} cho {number} người cần những gì",
        "công thức nấu {dish} ngon ở {city}",
        "nhân viên {name} chi nhánh {city} có làm việc hôm nay không",
        "{name} đã chuyển khoản {number} nghìn cho {name} chưa",
        "viết email xin nghỉ phép gửi {name} vì lý do {reason}", "hủy đơn {thing} vì {reason}",
        "trả lại {thing} vì {reason} có mất phí không",
        "mã giảm giá {number} áp dụng cho {thing} không", "xe đi từ {city} đến {city} mấy giờ chạy",
        "giải thích {topic} cho người mới học",
        "sự khác nhau giữa {topic} và {topic} là gì", "viết hàm {topic} bằng {language}",
        "lỗi {topic} trong {language} sửa thế nào",
        "tôi nên học {language} hay {language} để làm {topic}", "{dish} có bao nhiêu calo",
    ),
    "en": (
        "how do i {action_en} on {device}", "how can i {action_en} for my {thing}",
        "what is the price of the {color} {thing}",
        "where is my order {number}", "how long does it take to ship a {thing} to {city}",
        "i can not {action_en} on my {device}",
        "is the {color} {thing} in stock in {city}", "can i exchange my {thing} for a {thing}",
        "what is {number} plus {number}",
        "what is {number} percent of {number}", "convert {number} kilometers to miles",
        "a train leaves {city} at {number} km per hour when does it reach {city}",
        "explain {topic} to a beginner", "what is the difference between {topic} and {topic}",
        "write a {language} function for {topic}",
        "why does {topic} fail in {language} with error {number}", "should i learn {language} or {language} for {topic}",
        "cancel my order of a {thing} because {reason}", "i want to return the {thing} because {reason}",
        "does the {thing} come with a warranty in {city}",
        "write an email to {name} about {reason}", "did {name} pay {name} for the {thing}",
        "what is the weather in {city} today",
        "how many calories are in {dish}", "give me a recipe for {dish} for {number} people",
        "find a flight from {city} to {city} under {number} dollars",
        "is {name} working at the {city} branch today", "my {device} shows error {number} when i {action_en}",
        "does coupon {number} work for a {thing}",
        "who invented {topic}",
    ),
}  # fmt: skip

_NAMES = (
    "lan minh hùng tuấn loan hương trang dũng quân phương thảo linh nam hải sơn bình an khánh vy ngọc hà mai đức long "
    "thành tú yến nhung oanh phúc"
)

SLOTS = {
    "vi": {
        "action_vi": (
            "đổi mật khẩu", "đặt lại mật khẩu", "xóa tài khoản", "đăng nhập", "đăng ký", "đăng xuất", "thanh toán",
            "hoàn tiền",
            "nạp tiền", "rút tiền", "chuyển tiền", "kích hoạt thẻ", "khóa thẻ", "mở khóa thẻ", "đổi số điện thoại",
            "xuất hóa đơn",
            "tải ứng dụng", "cập nhật ứng dụng", "gỡ ứng dụng", "xem lịch sử", "bật thông báo", "tắt thông báo",
            "thêm địa chỉ",
            "xóa địa chỉ", "đặt lịch", "hủy lịch", "liên kết ví", "quét mã",
        ),
        "thing": (
            "áo khoác", "áo sơ mi", "quần jean", "giày thể thao", "dép lê", "túi xách", "ba lô", "đồng hồ", "tai nghe",
            "loa bluetooth",
            "bàn phím", "chuột không dây", "màn hình", "máy in", "máy giặt", "tủ lạnh", "lò vi sóng", "nồi cơm điện",
            "quạt trần",
            "máy lạnh", "bàn ăn", "ghế xoay", "giường ngủ", "tủ quần áo", "đèn bàn", "sữa rửa mặt", "kem chống nắng",
            "son môi",
            "nước hoa", "bình sữa", "xe đẩy", "vợt cầu lông", "bóng đá", "lều trại", "sách nấu ăn", "bút máy",
        ),
        "color": (
            "màu đỏ", "màu đen", "màu trắng", "màu xanh", "màu vàng", "màu hồng", "màu nâu", "màu xám", "màu tím",
            "màu kem",
        ),
        "city": (
            "hà nội", "đà nẵng", "hải phòng", "cần thơ", "huế", "đà lạt", "nha trang", "vũng tàu", "quy nhơn", "hạ long",
            "sài gòn",
            "biên hòa", "vinh", "thanh hóa", "nam định", "buôn ma thuột", "pleiku", "cà mau", "long xuyên", "mỹ tho",
            "phan thiết",
        ),
        "device": (
            "iphone", "android", "máy tính", "máy tính bảng", "trình duyệt", "macbook", "ứng dụng", "website", "tivi",
            "đồng hồ thông minh",
        ),
        "dish": (
            "phở bò", "phở gà", "bún chả", "bún bò", "bánh xèo", "bánh cuốn", "gỏi cuốn", "canh chua", "cá kho",
            "thịt kho", "cơm tấm", "chè đậu", "xôi gấc", "lẩu thái", "mì quảng",
        ),
        "name": tuple(_NAMES.split()),
        "reason": (
            "bị lỗi", "giao chậm", "sai kích cỡ", "sai màu", "bị ốm", "việc gia đình", "đổi ý", "giá cao", "đi du lịch",
            "hàng giả", "đặt nhầm", "đi khám bệnh",
        ),
        "topic": (
            "đệ quy", "con trỏ", "kế thừa", "đa luồng", "vòng lặp", "danh sách liên kết", "cây nhị phân",
            "sắp xếp nổi bọt", "tìm kiếm nhị phân", "lạm phát", "lãi suất kép", "đạo hàm", "tích phân", "ma trận",
            "xác suất", "quang hợp", "trọng lực", "học máy",
        ),
        "language": ("python", "java", "javascript", "rust", "go", "kotlin", "swift", "php", "ruby", "sql"),
    },
    "en": {
        "action_en": (
            "reset my password", "change my password", "delete my account", "sign in", "sign up", "log out",
            "request a refund",
            "track a delivery", "update my address", "add a card", "remove a card", "download an invoice",
            "cancel a subscription",
            "renew a subscription", "enable notifications", "disable notifications", "export my data", "import contacts",
            "verify my email", "change my email", "book a meeting", "share a folder", "restore a backup", "print a label",
        ),
        "thing": (
            "jacket", "shirt", "pair of jeans", "running shoes", "sandals", "handbag", "backpack", "watch", "headphones",
            "speaker",
            "keyboard", "wireless mouse", "monitor", "printer", "washing machine", "fridge", "microwave", "rice cooker",
            "ceiling fan",
            "air conditioner", "dining table", "office chair", "bed frame", "wardrobe", "desk lamp", "face wash", "sunscreen",
            "lipstick", "perfume", "baby bottle", "stroller", "tennis racket", "football", "tent", "cookbook", "fountain pen",
        ),
        "color": (
            "red", "black", "white", "blue", "yellow", "pink", "brown", "grey", "purple", "green", "dark red",
            "light blue",
        ),
        "city": (
            "london", "paris", "berlin", "madrid", "rome", "vienna", "dublin", "lisbon", "oslo", "prague", "warsaw",
            "athens", "boston",
            "chicago", "seattle", "austin", "dallas", "denver", "houston", "miami", "toronto", "sydney", "tokyo",
            "osaka", "seoul",
        ),
        "device": (
            "iphone", "android phone", "laptop", "tablet", "browser", "macbook", "desktop app", "website", "tv",
            "smart watch",
        ),
        "dish": (
            "beef stew", "chicken soup", "pancakes", "lasagna", "fried rice", "tomato soup", "apple pie", "banana bread",
            "caesar salad", "fish tacos", "carrot cake", "pad thai",
        ),
        "name": (
            "john", "joan", "maria", "mario", "anna", "peter", "susan", "david", "daniel", "daniela", "emma", "oliver",
            "olivia", "lucas", "lucy", "mark", "mary", "paul", "paula", "tom",
        ),
        "reason": (
            "it is broken", "it arrived late", "the size is wrong", "the color is wrong", "i changed my mind",
            "it is too expensive", "i ordered twice", "i found it cheaper", "it smells bad", "i am moving",
        ),
        "topic": (
            "recursion", "pointers", "inheritance", "threading", "loops", "linked lists", "binary trees", "bubble sort",
            "binary search", "inflation", "compound interest", "derivatives", "integrals", "matrices", "probability",
            "photosynthesis", "gravity", "machine learning", "caching", "hashing",
        ),
        "language": ("python", "java", "javascript", "rust", "go", "kotlin", "swift", "php", "ruby", "sql"),
    },
}  # fmt: skip

TEENCODE = {
    "vi": {
        "không": "ko", "được": "dc", "gì": "j", "bao": "bn", "nhiêu": "", "với": "vs", "thế": "tn", "nào": "nao", "rồi": "r",
        "mình": "mk", "cũng": "cx", "điện": "dt", "thoại": "", "tài": "tk", "khoản": "",
    },
    "en": {"you": "u", "are": "r", "please": "plz", "what": "wat", "is": "s", "because": "cuz", "how": "hw"},
}  # fmt: skip
