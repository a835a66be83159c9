//! From a request to an answer: which service is meant, who is calling, what it answers, and in which XML.

use jiff::Timestamp;

use super::{
    around::{self, Said},
    auth::{Caller, CallerKind, authenticate},
    error::ApiError,
    federation, iam,
    request::Request,
    sigv4::Claim,
    sts,
    world::World,
    xml::Xml,
};

/// The services behind this one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// Security Token Service.
    Sts,
    /// Identity and Access Management.
    Iam,
    /// Elastic Compute Cloud: the one call of the guide.
    Ec2,
    /// The sign-in to the console, which is not signed and speaks no XML.
    Federation,
}

const XML: &str = "text/xml";
pub(super) const JSON: &str = "application/json";

/// A complete answer, but for its headers.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `OK`, or the code of the error.
    pub outcome: &'static str,
    /// What kind of document it is.
    pub content_type: &'static str,
    /// The document.
    pub body: String,
    /// Also in the headers.
    pub request_id: String,
}

impl Service {
    /// The version of a service's API is the only thing in a Query request that says which service is meant.
    pub(super) fn of(request: &Request) -> Self {
        match request.get("Version") {
            _ if request.path == federation::PATH => Self::Federation,
            Some("2010-05-08") => Self::Iam,
            Some("2016-11-15") => Self::Ec2,
            _ => Self::Sts,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::Ec2 => "ec2",
            Self::Federation => "signin",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::Federation => "",
        }
    }

    /// An error in this service's XML.
    pub(super) fn error(self, error: &ApiError, request_id: String) -> Answer {
        if self == Self::Federation {
            return federation::trouble(error.status, error.code, request_id);
        }
        let error = if self == Self::Ec2 { in_terms_of_ec2(error) } else { error.clone() };
        let kind = if error.status < 500 { "Sender" } else { "Receiver" };
        let body = match self {
            Self::Ec2 => {
                let inner = Xml::new().text("Code", error.code).text("Message", &error.message);
                let errors = Xml::new().element("Error", &inner);
                let response = Xml::new().element("Errors", &errors).text("RequestID", &request_id);
                Xml::new().element("Response", &response)
            }
            Self::Sts | Self::Iam | Self::Federation => {
                let inner =
                    Xml::new().text("Type", kind).text("Code", error.code).text("Message", &error.message);
                let response = Xml::new().element("Error", &inner).text("RequestId", &request_id);
                Xml::new().root("ErrorResponse", self.namespace(), &response)
            }
        };
        Answer {
            status: error.status,
            outcome: error.code,
            content_type: XML,
            body: document(&body),
            request_id,
        }
    }

    fn success(self, action: &str, result: Option<&Xml>, request_id: String) -> Answer {
        let content = match self {
            Self::Ec2 => Xml::new().text("requestId", &request_id).element("reservationSet", &Xml::new()),
            Self::Sts | Self::Iam | Self::Federation => {
                let metadata = Xml::new().text("RequestId", &request_id);
                let name = format!("{action}Result");
                let content = result.map_or_else(Xml::new, |result| Xml::new().element(&name, result));
                content.element("ResponseMetadata", &metadata)
            }
        };
        let body = Xml::new().root(&format!("{action}Response"), self.namespace(), &content);
        Answer { status: 200, outcome: "OK", content_type: XML, body: document(&body), request_id }
    }
}

/// An error of a service that answers in JSON.
pub(super) fn json_error(error: &ApiError, request_id: String) -> Answer {
    let body = serde_json::json!({ "__type": error.code, "message": error.message }).to_string();
    Answer { status: error.status, outcome: error.code, body, request_id, content_type: JSON }
}

/// Answers a request. Everything the call does has been done when this returns.
pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let request_id = world.mint.request_id();
    if let Some(call) = request.around() {
        let (content_type, body) = match around::answer(world, call, request) {
            Ok(Said::Json(json)) => (JSON, json.to_string()),
            Ok(Said::Word(text)) => ("text/plain", text),
            Err(error) => return json_error(&error, request_id),
        };
        return Answer { status: 200, outcome: "OK", body, request_id, content_type };
    }
    let service = Service::of(request);
    if service == Service::Federation {
        return federation::answer(world, request, request_id);
    }
    match call(world, service, request) {
        Ok(result) => service.success(request.action(), result.as_ref(), request_id),
        Err(error) => service.error(&error, request_id),
    }
}

fn call(world: &mut World, service: Service, request: &Request) -> Result<Option<Xml>, ApiError> {
    let now = world.now();
    if request.path != "/" {
        return Err(ApiError::new(404, "UnknownOperationException", "There is nothing at this path"));
    }
    if service == Service::Sts && request.action() == "AssumeRoleWithWebIdentity" {
        return sts::web_identity::call(world, request, now).map(Some);
    }
    let claim = Claim::read(request, now)?;
    claim.check_service(service.name())?;
    let caller = authenticate(world, request, &claim, now)?;
    let action = format!("{}:{}", service.name(), request.action());
    if let CallerKind::RoleSession { policies, .. } = &caller.kind
        && request.action() != "GetCallerIdentity"
        && !policies.allow(&action)
    {
        return Err(ApiError::access_denied(format!(
            "User: {} is not authorized to perform: {action} because no session policy allows the {action} action",
            caller.arn
        )));
    }
    if matches!(caller.kind, CallerKind::RoleSession { revoked: true, .. })
        && request.action() != "GetCallerIdentity"
    {
        return Err(ApiError::access_denied(format!(
            "User: {} is not authorized to perform: {action} with an explicit deny in an identity-based policy",
            caller.arn
        )));
    }
    dispatch(world, service, &caller, request, now)
}

fn dispatch(
    world: &mut World,
    service: Service,
    caller: &Caller,
    request: &Request,
    now: Timestamp,
) -> Result<Option<Xml>, ApiError> {
    match service {
        Service::Sts => sts::call(world, caller, request, now).map(Some),
        Service::Iam => iam::call(world, caller, request, now),
        Service::Ec2 if request.action() == "DescribeInstances" => Ok(None),
        Service::Ec2 | Service::Federation => Err(ApiError::new(
            400,
            "InvalidAction",
            format!("The action {} is not valid for this web service.", request.action()),
        )),
    }
}

/// EC2 has older names for what is wrong with credentials.
fn in_terms_of_ec2(error: &ApiError) -> ApiError {
    match error.code {
        "ExpiredToken" => ApiError::new(400, "RequestExpired", "Request has expired."),
        "InvalidClientTokenId" | "SignatureDoesNotMatch" | "IncompleteSignature" => {
            ApiError::new(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
        }
        "AccessDenied" => ApiError::new(403, "UnauthorizedOperation", error.message.clone()),
        _ => error.clone(),
    }
}

fn document(body: &Xml) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}\n")
}
