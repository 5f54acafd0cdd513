"""What is asked and written at the demo's support desk, in parts that `demo.messages` puts together.

`{v}` stands for the value that the desk wants back.
"""

from __future__ import annotations

FIRST_NAMES = (
    "Anna", "Peter", "Maria", "David", "Laura", "Thomas", "Nina", "Robert", "Sofia", "Daniel", "Emma", "Victor", "Clara",
    "Martin", "Julia", "Oscar", "Helen", "Simon", "Irene", "Felix", "Alice", "Bruno", "Diana", "Edgar", "Fiona", "George",
    "Hannah", "Ivan", "Linh", "Minh",
)  # fmt: skip
LAST_NAMES = (
    "Novak", "Tran", "Keller", "Rossi", "Brandt", "Moreau", "Silva", "Larsen", "Weber", "Costa", "Nguyen", "Fischer", "Dubois",
    "Kowalski", "Bianchi", "Olsen", "Marino", "Schmidt", "Lopez", "Hansen", "Turner", "Walsh", "Baker", "Fox", "Parker", "Stone",
    "Hughes", "Reed", "Cole", "Pham",
)  # fmt: skip
MAIL_HOSTS = ("example.com", "example.org", "example.net")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
CITIES = (
    "Hanoi", "Berlin", "Lisbon", "Prague", "Vienna", "Dublin", "Oslo", "Madrid", "Warsaw", "Athens", "Porto", "Lyon", "Turin",
    "Geneva", "Bergen", "Hamburg", "Da Nang", "Hue", "Seville", "Krakow", "Leeds", "Ghent", "Malmo", "Graz",
)  # fmt: skip

ASKS = {
    "order": (
        "What is the order number?", "Order number, please.", "Find the order number.", "I need the number of the order.",
        "Tell me the order number in this mail.", "Can you pick out the order number?", "Order number for the form?",
    ),
    "email": (
        "Which e-mail address does the customer give?", "E-mail address, please.", "Find the e-mail address.",
        "What is the customer's e-mail?", "Pick out the e-mail address.", "Which address goes into the e-mail field?",
        "Tell me the customer's e-mail address.",
    ),
    "date": (
        "Which date does the customer name?", "What is the date?", "Date, please.", "Find the date in this.",
        "I need the date for the form.", "Pick out the date.", "What date is in this mail?",
    ),
    "name": (
        "What is the customer's name?", "Customer name, please.", "Find the name of the customer.", "Tell me the full name.",
        "I need the full name for the form.", "Pick out the customer's name.", "Which name goes into the name field?",
    ),
    "time": (
        "Time, please.", "Find the time in this.", "I need the time for the form.", "Pick out the time.",
        "Tell me the time that is named.", "What goes into the time field?", "What time does the customer name?",
    ),
    "city": (
        "Which city is it?", "City, please.", "Find the city in this.", "I need the city for the form.", "Pick out the city.",
        "Tell me the city of the customer.", "What city goes into the address?",
    ),
}  # fmt: skip

CORES = {
    "order": (
        "My order {v} has not arrived.", "I am still waiting for {v}, ordered last month.", "The parcel for {v} came open.",
        "Order {v} was charged twice.", "Please cancel {v} before it ships.", "Half of {v} is missing from the box.",
        "I would like to change the colour in {v}.", "The driver left {v} at the wrong door.", "{v} still says processing.",
        "Nobody answers my mails about order {v}.", "Can I add a gift card to {v}?", "I sent {v} back a week ago.",
        "The invoice for order {v} is wrong.", "When does {v} leave your store?", "My neighbour got {v} by mistake.",
        "I paid for {v}, yet it was cancelled.", "Is it too late to send {v} to my office?", "We never asked for {v}.",
    ),
    "email": (
        "You can write to me at {v}.", "My new address is {v}, please update it.", "Send the receipt to {v}.",
        "I no longer get the newsletter at {v}.", "My login is {v} and it stopped working.", "Use {v} for all your answers.",
        "I signed up as {v} last week.", "Please remove {v} from your list.", "The voucher should go to {v}.",
        "Reach my wife under {v}.", "My account runs on {v}.", "Somebody else seems to use {v}.",
        "The password mail never came to {v}.", "Forward the photos to {v}.", "{v} is where I read my mail.",
        "I wrote to you from {v} on the weekend.", "For the invoice take {v}.", "Our office mail is {v}.",
    ),
    "date": (
        "I ordered on {v} and heard nothing since.", "Please deliver it on {v}.", "The box came on {v}, badly packed.",
        "My holiday begins on {v}.", "I called you on {v} about this.", "You promised it for {v}.",
        "We move house on {v}.", "The card was charged on {v}.", "I need it before {v}.", "The shop in town closes on {v}.",
        "The guarantee ended on {v}.", "I sent it back on {v}.", "It broke on {v} for the first time.",
        "Can the driver come on {v} instead?", "My birthday party is on {v}.", "Since {v} the page shows an error.",
        "The sale should run until {v}.", "I am away from {v} on.",
    ),
    "name": (
        "This is {v}, I have a question.", "My name is {v}.", "{v} here, the one who called this morning.",
        "Kind regards, {v}", "I am {v} and I bought a lamp.", "The account is in the name of {v}.",
        "Please put {v} on the parcel.", "You spelled me wrong, it is {v}.", "Best wishes from {v}",
        "Yours, {v}", "It is {v} again.", "I, {v}, never ordered this.", "The card belongs to {v}.",
        "You may call me back, {v} is the name.", "Write the bill to {v}.", "Signed: {v}", "Cheers, {v}", "Greetings, {v}",
    ),
    "time": (
        "The driver may come at {v}.", "I am home after {v}.", "You promised to call at {v}.", "I leave the house at {v}.",
        "He rang at {v} and left.", "Can you come at {v}?", "The shop closed at {v}.", "My lunch is at {v}.",
        "Please be here by {v}.", "I waited until {v}.", "The page went down at {v}.", "Call me at {v}.",
        "I have to go at {v}.", "It was left here at {v}.", "My train is at {v}.", "Your line opens at {v}, right?",
        "We meet at {v}.", "Deliver it before {v}.",
    ),
    "city": (
        "I live in {v} now.", "Please ship it to {v}.", "We moved to {v} in spring.", "Is there a shop in {v}?",
        "The parcel is stuck in {v}.", "My office is in {v}.", "Do you deliver to {v}?", "I am writing from {v}.",
        "The driver took it to {v} by mistake.", "Our flat in {v} has no lift.", "My mother in {v} should get it.",
        "I can pick it up in {v}.", "It was sent to {v}, far from me.", "The invoice must say {v}.", "I study in {v}.",
        "How long does it take to {v}?", "You have a store in {v}, right?", "The depot in {v} does not answer.",
    ),
}  # fmt: skip

OPENERS = (
    "Hello,", "Hi there,", "Good morning.", "Dear team,", "Hello again.", "Sorry to bother you.", "Quick question.", "Hi!",
    "Dear all,", "Good evening,", "To whom it may concern.", "Hey,", "I hope you are well.", "Excuse me.", "",
)  # fmt: skip
ENDINGS = (
    "Thanks in advance.", "Please help me soon.", "I am at home all day.", "What can you do about it?",
    "I have been a customer for years.", "My friend told me to ask you.", "It is for my sister.", "I tried the web page first.",
    "Let me know what to do next.", "I look forward to your answer.", "There is no hurry.", "It is rather urgent.",
    "I could not find it in your help pages.", "The weather did not help either.", "My phone is broken, so I write.",
    "That is all for now.", "I asked the shop in town already.", "Sorry for my English.", "The rest was fine.",
    "We talked about it before.", "You have been helpful in the past.", "I hope it is the right place to ask.", "",
)  # fmt: skip

SMALL_TALK = ("Hello!", "Thank you so much!", "ok", "Thanks, that helps.", "Good morning!", "great, thanks", "Hi", "bye")
