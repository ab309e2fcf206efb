def handler(event, context):
    print("greeting", event["name"], flush=True)
    return {"hello": event["name"]}
