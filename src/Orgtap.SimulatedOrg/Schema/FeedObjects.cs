using static Orgtap.SimulatedOrg.Schema.StandardObjects;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>What was posted on records, and the comments on that.</summary>
internal static class FeedObjects
{
    private const string FeedFields = """
            ParentId | reference | req ref=Case,Account rel=Parent | feed ParentId
            Type | picklist 40 | restricted pick=TrackedChange;UserStatus;TextPost;AdvancedTextPost;LinkPost;ContentPost;PollPost;CaseCommentPost;ReplyPost;EmailMessageEvent;CallLogPost;ChangeStatusPost;AttachArticleEvent;MilestoneEvent;ActivityEvent;ChatTranscriptPost;CreateRecordEvent;QuestionPost | feed Type
            Revision | int 8 | ro | integer 3
            LastEditById | reference | ref=User ro rel= | empty
            LastEditDate | datetime | ro | empty
            CommentCount | int 8 | ro | integer 3
            LikeCount | int 8 | ro | integer 9
            Title | string 255 | | feed Title
            Body | textarea 10000 | nofilter nosort | feed Body
            LinkUrl | url 1000 | nofilter | feed LinkUrl
            IsRichText | boolean | | feed IsRichText
            RelatedRecordId | reference | ref=EmailMessage,CaseComment nofilter rel= | empty
            InsertedById | reference | ref=User | ref
            NetworkScope | picklist 40 | restricted pick=AllNetworks | empty
            Visibility | picklist 40 | restricted pick=AllUsers;InternalUsers | pick
            BestCommentId | reference | ref=FeedComment rel=BestComment | empty
            HasContent | boolean | ro | bool 5
            HasLink | boolean | ro | bool 5
            HasFeedEntity | boolean | ro | bool 5
            HasVerifiedComment | boolean | ro | bool 0
            IsClosed | boolean | ro | bool 0
            Status | picklist 40 | ro nofilter restricted pick=Published;PendingReview | pick 0
            """;

    public static IEnumerable<SObjectType> All() =>
    [
        Define("FeedItem", "0D5", "Feed Items", FeedFields),
        Define("FeedComment", "0D7", "Feed Comments", """
            FeedItemId | reference | req ref=FeedItem cascade | feedcomment FeedItemId
            ParentId | reference | req ref=Case,Account rel=Parent | feedcomment ParentId
            CommentBody | textarea 10000 | nofilter nosort | feedcomment CommentBody
            CommentType | picklist 40 | restricted pick=TextComment;ContentComment | const TextComment
            InsertedById | reference | ref=User | ref
            RelatedRecordId | reference | ref=EmailMessage nofilter rel= | empty
            IsRichText | boolean | | bool 0
            Revision | int 8 | ro | integer 3
            HasEntityLinks | boolean | ro | bool 0
            IsVerified | boolean | ro | bool 0
            Status | picklist 40 | ro nofilter restricted pick=Published;PendingReview | pick 0
            """),
    ];
}
