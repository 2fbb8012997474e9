//! What the OpenAPI document says beyond the types of the handlers.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::wire::catalog;

/// The document as it is served: errors as what they are, strict schemas not inside of others, telegrams by name.
pub(super) fn finish(document: &utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    for (_, operation) in operations(&mut document) {
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            tell_status(status, response);
            if status.starts_with(['4', '5']) {
                tell_problem(response);
            }
        }
    }
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(known) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        for schema in known.values_mut() {
            merge_parts(schema, &schemas);
        }
    }
    if let Some(kind) = document.pointer_mut("/components/schemas/Fault/properties/telegram_kind") {
        kind["enum"] = catalog().telegrams().iter().map(|spec| json!(spec.kind)).collect();
    }
    if let Some(times) = document.pointer_mut("/components/schemas/Fault/properties/times") {
        times["minimum"] = json!(1);
    }
    for (pointer, pattern) in PATTERNS {
        if let Some(schema) = document.pointer_mut(pointer) {
            schema["pattern"] = json!(pattern);
        }
    }
    if let Some(now) = document.pointer_mut("/components/schemas/NewTime/properties/now") {
        now["format"] = json!("date-time");
    }
    name_unsigned(&mut document);
    document
}

/// A response without words of its own is described by its status: the standard demands a description.
fn tell_status(status: &str, response: &mut Value) {
    let reason = status.parse().ok().and_then(|status: StatusCode| status.canonical_reason());
    if let (Some(response), Some(reason)) = (response.as_object_mut(), reason) {
        response.entry("description").or_insert_with(|| json!(reason));
    }
}

/// What ids of merchants consist of.
const PATTERNS: &[(&str, &str)] = &[
    ("/components/schemas/Merchant/properties/merchant_id", "^[0-9]{1,9}$"),
    ("/components/schemas/Merchant/properties/connect_id", "^[A-Za-z0-9]{1,32}$"),
    ("/components/schemas/Merchant/properties/connect_password", "^[A-Za-z0-9]{1,32}$"),
];

/// Numbers that cannot be negative reach further than the signed ones that the types are written down as.
fn name_unsigned(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(name_unsigned),
        Value::Object(fields) => {
            let unsigned = fields.get("minimum").and_then(Value::as_u64).is_some();
            if let Some(format) = fields.get_mut("format").filter(|_| unsigned) {
                match format.as_str() {
                    Some("int64") => *format = json!("uint64"),
                    Some("int32") => *format = json!("uint32"),
                    _ => {}
                }
            }
            fields.values_mut().for_each(name_unsigned);
        }
        _ => {}
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut).flatten()
}

/// Problems are sent as `application/problem+json`; the types know only that they are JSON.
fn tell_problem(response: &mut Value) {
    if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut)
        && let Some(schema) = content.remove("application/json")
    {
        content.insert("application/problem+json".to_owned(), schema);
    }
}

/// A schema made of several becomes one: a part that admits no further property would refuse the others'.
fn merge_parts(schema: &mut Value, schemas: &Map<String, Value>) {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array).cloned() else { return };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in &parts {
        let name = part.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        let part = name.and_then(|name| schemas.get(name)).unwrap_or(part);
        properties.extend(part.get("properties").and_then(Value::as_object).cloned().unwrap_or_default());
        required.extend(part.get("required").and_then(Value::as_array).cloned().unwrap_or_default());
    }
    let description = schema.get("description").cloned().unwrap_or_default();
    *schema = json!({"type": "object", "description": description, "properties": properties, "required": required});
}
