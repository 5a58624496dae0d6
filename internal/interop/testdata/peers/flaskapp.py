"""What uWSGI serves of Flask: what an application of it does with requests and responses."""
import hashlib

from flask import Flask, Response, redirect, request, session, url_for

app = Flask(__name__)
app.secret_key = b"of the tests"


@app.get("/")
def index():
    return f"{request.method} {request.url} from {request.remote_addr}\n"


@app.post("/form")
def form():
    return " ".join(f"{k}={v}" for k, v in sorted(request.form.items(multi=True))) + "\n"


@app.post("/upload")
def upload():
    file = request.files["file"]
    data = file.read()
    return f"{file.filename} {len(data)} {hashlib.sha1(data).hexdigest()} {request.form['title']}\n"


@app.get("/visit")
def visit():
    session["visits"] = session.get("visits", 0) + 1
    return f"visit {session['visits']}\n"


@app.get("/stream")
def stream():
    def lines():
        for i in range(1000):
            yield f"line {i} " + "x" * 100 + "\n"

    return Response(lines(), mimetype="text/plain")


@app.get("/away")
def away():
    return redirect(url_for("index", q="a b"))
