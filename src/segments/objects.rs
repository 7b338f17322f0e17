//! The objects of Segments.ai, read field by field from JSON of any shape.

use super::lenient::{
    count, cut, each_element, each_entry, field, fields, flag, integer, name, number, string, text, time,
};
use crate::model::object::{Comment, Dataset, DatasetName, Issue, IssueLocation, Label, Object, Release, Sample};
use std::collections::{BTreeMap, VecDeque};
use url::Url;

/// The longest description kept, in characters.
const MAX_DESCRIPTION_LENGTH: usize = 4_000;
/// The longest comment kept, in characters.
const MAX_COMMENT_LENGTH: usize = 1_000;
/// How many comments of an issue are kept.
const MAX_COMMENTS: usize = 10;
/// How many tags of an issue are kept.
const MAX_TAGS: usize = 20;
/// How many label statuses of a dataset are kept; Segments.ai has nine.
const MAX_LABEL_STATUSES: usize = 40;
/// Slack refuses a longer image address (<https://docs.slack.dev/reference/block-kit/blocks/image-block>).
const IMAGE_URL: usize = 3_000;

/// Reads an object of the kind that the event's noun names; an unknown noun, or no object, is [`Object::Unknown`].
pub(super) fn object(noun: &str, json: &str) -> Object {
    if !json.starts_with('{') {
        return Object::Unknown;
    }
    match noun {
        "dataset" => Object::Dataset(Box::new(dataset(json))),
        "sample" => Object::Sample(Box::new(sample(json))),
        "label" => Object::Label(Box::new(label(json))),
        "issue" => Object::Issue(Box::new(issue(json))),
        "release" => Object::Release(Box::new(release(json))),
        _ => Object::Unknown,
    }
}

/// The dataset that an object says it is, or is in.
pub(super) fn dataset_of(json: &str) -> Option<DatasetName> {
    fields(json, ["full_name", "dataset_full_name", "dataset"]).into_iter().find_map(dataset_name)
}

/// A full name of a dataset.
pub(super) fn dataset_name(json: Option<&str>) -> Option<DatasetName> {
    DatasetName::parse(&string(json?)?)
}

pub(super) fn dataset(json: &str) -> Dataset {
    let [full_name, description, category, task_type, public, archived, samples_count, label_stats, owner, cloned_from] =
        fields(
            json,
            [
                "full_name",
                "description",
                "category",
                "task_type",
                "public",
                "archived",
                "samples_count",
                "label_stats",
                "owner",
                "cloned_from",
            ],
        );
    Dataset {
        full_name: dataset_name(full_name),
        description: text(description, MAX_DESCRIPTION_LENGTH),
        category: name(category),
        task_type: name(task_type),
        public: flag(public),
        archived: flag(archived),
        samples_count: count(samples_count),
        label_stats: label_stats.map(statistics).unwrap_or_default(),
        owner: name(owner).or_else(|| name(field(owner?, "username"))),
        cloned_from: name(cloned_from),
    }
}

fn statistics(json: &str) -> BTreeMap<String, u64> {
    let mut statistics = BTreeMap::new();
    // Not an object: nothing was seen, which is what is to be said.
    let _ = each_entry(json, |status, samples| {
        let wanted = !status.eq_ignore_ascii_case("TOTAL") && statistics.len() < MAX_LABEL_STATUSES;
        if let Some(samples) = count(Some(samples)).filter(|_| wanted) {
            statistics.insert(cut(status, 100).to_owned(), samples);
        }
    });
    statistics
}

pub(super) fn sample(json: &str) -> Sample {
    let [uuid, own_name, created_by, created_at, labeler, reviewer, priority, attributes, label, issues] = fields(
        json,
        [
            "uuid",
            "name",
            "created_by",
            "created_at",
            "assigned_labeler",
            "assigned_reviewer",
            "priority",
            "attributes",
            "label",
            "issues",
        ],
    );
    let Footage { image_url, frames } = attributes.map(footage).unwrap_or_default();
    Sample {
        uuid: name(uuid),
        name: name(own_name),
        created_by: name(created_by),
        created_at: time(created_at),
        assigned_labeler: name(labeler),
        assigned_reviewer: name(reviewer),
        priority: number(priority),
        image_url,
        frames,
        label_status: label.and_then(|label| name(field(label, "label_status"))),
        issues: issues.and_then(length),
    }
}

/// What of a sample's attributes can be shown.
#[derive(Default)]
struct Footage {
    image_url: Option<String>,
    frames: Option<u32>,
}

/// Looks through a single image, a point cloud, a sequence of either, or several sensors with one of these each.
fn footage(json: &str) -> Footage {
    let [image, images, frames, sensors] = fields(json, ["image", "images", "frames", "sensors"]);
    let mut footage = footage_of([image, images, frames]);
    if let Some(sensors) = sensors {
        each_element(sensors, |sensor| {
            let Some(attributes) = field(sensor, "attributes") else { return };
            let of_sensor = footage_of(fields(attributes, ["image", "images", "frames"]));
            footage.image_url = footage.image_url.take().or(of_sensor.image_url);
            footage.frames = footage.frames.max(of_sensor.frames);
        });
    }
    footage
}

fn footage_of([image, images, frames]: [Option<&str>; 3]) -> Footage {
    let mut image_url = first_image([image, images]);
    let mut count = 0_u32;
    let sequence = frames.is_some_and(|frames| {
        each_element(frames, |frame| {
            if count == 0 && image_url.is_none() {
                image_url = first_image(fields(frame, ["image", "images"]));
            }
            count = count.saturating_add(1);
        })
    });
    Footage { image_url, frames: sequence.then_some(count) }
}

fn first_image([image, images]: [Option<&str>; 2]) -> Option<String> {
    let mut first = None;
    if let Some(images) = images {
        each_element(images, |image| first = first.or(Some(image)));
    }
    [image, first].into_iter().flatten().find_map(|image| {
        let address = string(field(image, "url")?)?;
        let fits = address.len() <= IMAGE_URL && address.starts_with("https://");
        let url = Url::parse(&address).ok().filter(|_| fits)?;
        Some(String::from(url)).filter(|url| url.len() <= IMAGE_URL)
    })
}

/// How many elements a list has.
fn length(json: &str) -> Option<u32> {
    let mut length = 0_u32;
    each_element(json, |_| length = length.saturating_add(1)).then_some(length)
}

pub(super) fn label(json: &str) -> Label {
    let [sample_uuid, label_type, status, labelset, created_by, updated_by, updated_at, reviewed_by, score, rating] =
        fields(
            json,
            [
                "sample_uuid",
                "label_type",
                "label_status",
                "labelset",
                "created_by",
                "updated_by",
                "updated_at",
                "reviewed_by",
                "score",
                "rating",
            ],
        );
    Label {
        sample_uuid: name(sample_uuid),
        sample_name: None,
        label_type: name(label_type),
        status: name(status),
        labelset: name(labelset),
        created_by: name(created_by),
        updated_by: name(updated_by),
        updated_at: time(updated_at),
        reviewed_by: name(reviewed_by),
        score: number(score),
        rating: number(rating),
    }
}

pub(super) fn issue(json: &str) -> Issue {
    let [
        uuid,
        description,
        status,
        created_by,
        created_at,
        updated_by,
        updated_at,
        comments,
        pointed_at,
        sample_uuid,
        sample_name,
        named,
    ] = fields(
        json,
        [
            "uuid",
            "description",
            "status",
            "created_by",
            "created_at",
            "updated_by",
            "updated_at",
            "comments",
            "anchor",
            "sample_uuid",
            "sample_name",
            "tags",
        ],
    );
    let (comments_count, recent_comments) = comments.map(last_comments).unwrap_or_default();
    Issue {
        uuid: name(uuid),
        description: text(description, MAX_DESCRIPTION_LENGTH),
        status: name(status),
        created_by: name(created_by),
        created_at: time(created_at),
        updated_by: name(updated_by),
        updated_at: time(updated_at),
        comments_count,
        recent_comments,
        anchor: pointed_at.map(anchor).filter(|anchor| *anchor != IssueLocation::default()),
        sample_uuid: name(sample_uuid),
        sample_name: name(sample_name),
        tags: named.map(tags).unwrap_or_default(),
    }
}

fn last_comments(json: &str) -> (u32, Vec<Comment>) {
    let mut count = 0_u32;
    let mut last = VecDeque::with_capacity(MAX_COMMENTS);
    each_element(json, |comment| {
        count = count.saturating_add(1);
        if last.len() == MAX_COMMENTS {
            last.pop_front();
        }
        last.push_back(comment);
    });
    let read = |json| {
        let [created_by, created_at, said] = fields(json, ["created_by", "created_at", "text"]);
        // Long ago a comment was a string; it may be again.
        let said = text(said, MAX_COMMENT_LENGTH).or_else(|| text(Some(json), MAX_COMMENT_LENGTH)).unwrap_or_default();
        Comment { created_by: name(created_by), created_at: time(created_at), text: said }
    };
    (count, last.into_iter().map(read).collect())
}

fn anchor(json: &str) -> IssueLocation {
    let [sensor, frame, track_number, track, track_attribute, scene_attribute, location] =
        fields(json, ["sensor", "frame", "trackNumber", "track", "trackAttribute", "sceneAttribute", "location"]);
    let coordinates = location.map(|location| fields(location, ["x", "y", "z"])).unwrap_or_default();
    IssueLocation {
        sensor: name(sensor),
        frame: integer(frame),
        // Before March 2026 it was called `track`.
        track: integer(track_number).or_else(|| integer(track)),
        track_attribute: name(track_attribute),
        scene_attribute: name(scene_attribute),
        location: coordinates.into_iter().filter_map(number).collect(),
    }
}

fn tags(json: &str) -> Vec<String> {
    let mut tags = Vec::new();
    each_element(json, |tag| {
        if tags.len() < MAX_TAGS {
            tags.extend(name(Some(tag)).or_else(|| name(field(tag, "name"))));
        }
    });
    tags
}

fn release(json: &str) -> Release {
    let [uuid, own_name, description, status, samples_count] =
        fields(json, ["uuid", "name", "description", "status", "samples_count"]);
    Release {
        uuid: name(uuid),
        name: name(own_name),
        description: text(description, MAX_DESCRIPTION_LENGTH),
        status: name(status),
        samples_count: count(samples_count),
    }
}
