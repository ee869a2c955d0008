#pragma once

namespace mlmon::retraining {

/// The schema of `targets`, in two parts: transport::kSharedKeys go between them.
inline constexpr char kTargetsBegin[] = R"({
      "description": "who gets the requests; none: the embedded queue",
      "type": "array",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
        "name": {
          "description": "in outbox and logs; without it: its type. mlflow: the registered model, a template",
          "type": "string", "minLength": 1, "examples": ["training"]
        },
        "type": {
          "enum": ["queue", "exec", "http", "airflow", "mlflow", "argo", "kfp", "github", "gitlab",
                   "jenkins", "sagemaker"],
          "default": "queue"
        },
        "method": {
          "description": "http; without it: POST",
          "enum": ["POST", "PUT", "PATCH", "GET", "DELETE"]
        },
        "body": {
          "description": "http: in place of the action; a template, or a table of which each string is one",
          "type": ["string", "object", "array"]
        },
        "dag_id": {"description": "airflow", "type": "string", "minLength": 1, "examples": ["retrain"]},
        "api": {"description": "airflow 3: v2 (without it); airflow 2: v1", "enum": ["v2", "v1"]},
        "conf": {
          "description": "airflow: further members of the run's conf; strings are templates",
          "type": "object"
        },
        "version": {
          "description": "mlflow: template; without it: {model.version}", "type": "string", "examples": ["{model.version}"]
        },
        "tag": {
          "description": "mlflow: gets the id; without it: mlmon.retrain", "type": "string", "examples": ["mlmon.retrain"]
        },
        "alias": {
          "description": "mlflow: is set on the version as well", "type": "string", "examples": ["retrain"]
        },
        "namespace": {"description": "argo", "type": "string", "minLength": 1, "examples": ["argo"]},
        "template": {
          "description": "argo: a WorkflowTemplate", "type": "string", "minLength": 1, "examples": ["retrain"]
        },
        "pipeline_id": {
          "description": "kfp", "type": "string", "minLength": 1, "examples": ["9b187b86-7c0a-42ae-a0bc-2a746b6eb7a3"]
        },
        "pipeline_version_id": {"description": "kfp; without it: the newest", "type": "string"},
        "experiment_id": {"description": "kfp; without it: the default", "type": "string"},
        "parameters": {
          "description": "argo, kfp, jenkins, sagemaker: further parameters; strings are templates",
          "type": "object"
        },
        "repository": {"description": "github: OWNER/NAME", "type": "string", "examples": ["owner/name"]},
        "event_type": {
          "description": "github: of a repository_dispatch; without it: retrain",
          "type": "string", "minLength": 1, "maxLength": 100, "examples": ["retrain"]
        },
        "workflow": {
          "description": "github: file or number of a workflow, for a workflow_dispatch",
          "type": "string", "minLength": 1, "examples": ["retrain.yml"]
        },
        "ref": {
          "description": "github: of the workflow (without it: main); gitlab: branch or tag",
          "type": "string", "minLength": 1, "examples": ["main"]
        },
        "inputs": {
          "description": "github: further inputs of the workflow; strings are templates",
          "type": "object"
        },
        "project": {
          "description": "gitlab: number or GROUP/NAME", "type": ["string", "integer"], "examples": ["group/name"]
        },
        "variables": {
          "description": "gitlab: further variables; strings are templates", "type": "object"
        },
        "job": {
          "description": "jenkins: FOLDER/NAME", "type": "string", "minLength": 1, "examples": ["models/retrain"]
        },
        "pipeline": {
          "description": "sagemaker: its name", "type": "string", "minLength": 1, "examples": ["retrain"]
        },
        "region": {"description": "sagemaker", "type": "string", "minLength": 1, "examples": ["eu-central-1"]},
        "access_key": {
          "description": "sagemaker; without it: $AWS_ACCESS_KEY_ID", "type": "string", "minLength": 1,
          "examples": ["change-me"]
        },
        "secret_key": {
          "description": "sagemaker; without it: $AWS_SECRET_ACCESS_KEY",
          "type": "string", "minLength": 1, "writeOnly": true, "examples": ["change-me"]
        },
        "session_token": {
          "description": "sagemaker; without it: $AWS_SESSION_TOKEN",
          "type": "string", "minLength": 1, "writeOnly": true, "examples": ["change-me"]
        },
        "poll": {
          "description": "airflow, mlflow, argo, kfp, jenkins: how often the end of a job is asked for",
          "type": "string", "format": "duration"
        },)";

inline constexpr char kTargetsEnd[] = R"(
        }
      }
    })";

}  // namespace mlmon::retraining
