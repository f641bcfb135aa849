//! Which people a list is of: the parameters that both lists take, and those that one of them takes.

use gk_service::model::{Direction, Status, UserFilter, UserOrder, UserSort};
use gk_shared::model::GroupName;
use serde::Deserialize;

use crate::api::asked::{flag, part, whole};
use crate::api::problem::Problem;

/// So many at once of a list with `limit`.
const MOST_OF_LIMIT: i64 = 500;
/// So many on a page.
const MOST_ON_A_PAGE: i64 = 100;

#[derive(Default, Deserialize)]
pub(in crate::api) struct Which {
    search: Option<String>,
    status: Option<String>,
    status_filter: Option<String>,
    enabled: Option<String>,
    enabled_only: Option<String>,
    admin: Option<String>,
    internal: Option<String>,
    directory: Option<String>,
    group: Option<String>,
    sort: Option<String>,
    order: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
    page: Option<String>,
    page_size: Option<String>,
}

impl Which {
    /// Which people.
    pub(in crate::api) fn filter(&self) -> Result<UserFilter, Problem> {
        let status = self.status.as_deref().or(self.status_filter.as_deref());
        let status = status.map(|word| Status::parse(word).ok_or(word)).transpose();
        let status = status.map_err(|_| Problem::wrong_shape("a status is one of pending, approved, rejected"))?;
        let enabled = flag("enabled", self.enabled.as_deref())?;
        let only = flag("enabled_only", self.enabled_only.as_deref())?.filter(|only| *only);
        let group = self.group.as_deref().map(GroupName::parse).transpose();
        Ok(UserFilter {
            text: self.search.clone(),
            status,
            enabled: enabled.or(only),
            admin: flag("admin", self.admin.as_deref())?,
            internal: flag("internal", self.internal.as_deref())?,
            directory: flag("directory", self.directory.as_deref())?,
            group: group.map_err(|bad| Problem::wrong_shape(bad.to_string()))?,
        })
    }

    /// `limit` of them from `offset` on, by user name unless it is said.
    pub(super) fn offset_part(&self) -> Result<UserOrder, Problem> {
        let (most, skip) = part(self.limit.as_deref(), self.offset.as_deref(), (100, MOST_OF_LIMIT))?;
        let (sort, direction) = self.sorted((UserSort::Username, Direction::Ascending))?;
        Ok(UserOrder { sort, direction, skip, most })
    }

    /// A page of them and its number, the newest people first unless it is said.
    pub(super) fn by_page(&self) -> Result<(UserOrder, i64), Problem> {
        let page = whole("page", self.page.as_deref(), 1)?;
        let most = whole("page_size", self.page_size.as_deref(), 20)?;
        if page < 1 || !(1..=MOST_ON_A_PAGE).contains(&most) {
            return Err(Problem::wrong_shape(format!("page is 1 or more, and page_size 1 to {MOST_ON_A_PAGE}")));
        }
        let (sort, direction) = self.sorted((UserSort::Created, Direction::Descending))?;
        Ok((UserOrder { sort, direction, skip: (page - 1).saturating_mul(most), most }, page))
    }

    /// A sort that is named begins with its least.
    fn sorted(&self, usual: (UserSort, Direction)) -> Result<(UserSort, Direction), Problem> {
        let unknown =
            || Problem::wrong_shape(format!("sort is one of {}", UserSort::ALL.map(UserSort::word).join(", ")));
        let sort = self.sort.as_deref().map(|word| UserSort::parse(word).ok_or_else(unknown)).transpose()?;
        let unknown = || Problem::wrong_shape("order is asc or desc");
        let order = self.order.as_deref().map(|word| Direction::parse(word).ok_or_else(unknown)).transpose()?;
        let direction = order.unwrap_or(if sort.is_some() { Direction::Ascending } else { usual.1 });
        Ok((sort.unwrap_or(usual.0), direction))
    }
}
