using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.Web.Admin;
using Posthorn.Web.Help;
using Posthorn.Web.Help.Answers;
using Posthorn.Web.Help.Device;
using Posthorn.Web.Help.Settings;
using Posthorn.Web.Mail;
using Posthorn.Web.Mail.Folders;
using Posthorn.Web.Mail.Reading;
using Posthorn.Web.Mail.Searching;
using Posthorn.Web.Mail.Writing;
using Posthorn.Web.Pages;
using Posthorn.Web.Security;
using Posthorn.Web.Security.WebAuthn;
using Posthorn.Web.Sessions;
using Posthorn.Web.Settings;

namespace Posthorn.Web;

/// <summary>The pages, and what goes with every one of them.</summary>
public static class WebPages
{
    public static IServiceCollection AddWebPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddAntiforgery(static options =>
        {
            options.Cookie.Name = "__Host-posthorn-form";
            options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.Path = "/";
            // The pages' own policy says who may frame them.
            options.SuppressXFrameOptionsHeader = true;
        });
        WebSession.AddTo(services);
        services.AddSingleton<SavedSettings>();
        services.AddSingleton<PasskeyUsers>();
        services.AddSingleton<PasskeyCeremonies>();
        services.AddSingleton<DataArchive>();
        services.AddSingleton<DomainRecordCheck>();
        services.AddSingleton<HelpCentre>();
        services.AddSingleton<DeviceProfiles>();
        services.AddSingleton<LoopTest>();
        services.AddSingleton<SeenEvents>();
        services.AddSingleton<MailReading>();
        services.AddSingleton<MailActions>();
        services.AddSingleton<FolderActions>();
        services.AddSingleton<SearchPages>();
        services.AddSingleton<MessageOpening>();
        services.AddSingleton<SenderPictures>();
        services.AddSingleton<Unsubscribing>();
        services.AddSingleton<Talks>();
        services.AddSingleton<Signatures>();
        services.AddSingleton<MailEvents>();
        services.AddSingleton<SentForms>();
        services.AddSingleton<Composing>();
        services.AddSingleton<Correspondents>();
        return services;
    }

    /// <param name="routes">Where they are served.</param>
    /// <param name="settings">Asked for each request: ports are known only once the server has started.</param>
    public static void MapWebPages(this IEndpointRouteBuilder routes, Func<MailAppSettings> settings)
    {
        RouteGroupBuilder all = routes.MapGroup("");
        all.AddEndpointFilter(Guards.Headers);
        SiteFiles.Map(all);
        RouteGroupBuilder pages = all.MapGroup("");
        pages.AddEndpointFilter(Guards.Visitor);
        pages.MapGet("/", IResult () => new RazorComponentResult<SettingsPage>(new { Settings = settings() }));
        SignInEndpoints.Map(pages, settings);
        PasskeyEndpoints.MapSignIn(pages, settings);
        HelpEndpoints.Map(pages, settings);
        DeviceEndpoints.Map(pages, settings);
        TestEndpoints.Map(pages, settings);
        AnswersEndpoints.Map(pages);
        AutoconfigEndpoints.Map(pages, settings);
        RouteGroupBuilder mail = pages.MapGroup("/mail");
        mail.AddEndpointFilter(Guards.SignedIn);
        ComposeEndpoints.Map(mail);
        MailEndpoints.Map(mail);
        MessageEndpoints.Map(mail);
        FolderActions.Map(mail);
        SearchPages.Map(mail);
        MailActions.Map(mail);
        RouteGroupBuilder account = pages.MapGroup("/account");
        account.AddEndpointFilter(Guards.SignedIn);
        SecurityEndpoints.Map(account);
        RouteGroupBuilder own = pages.MapGroup("/settings");
        own.AddEndpointFilter(Guards.SignedIn);
        SettingsEndpoints.Map(own);
        RouteGroupBuilder admin = pages.MapGroup("/admin");
        admin.AddEndpointFilter(Guards.SignedIn);
        admin.AddEndpointFilter(Guards.Administrator);
        OverviewEndpoints.Map(admin, settings);
        DomainEndpoints.Map(admin, settings);
        AccountEndpoints.Map(admin);
        AliasEndpoints.Map(admin);
        QueueEndpoints.Map(admin);
        DeliveryEndpoints.Map(admin);
        SignInLogEndpoints.Map(admin);
        StorageEndpoints.Map(admin);
    }
}
