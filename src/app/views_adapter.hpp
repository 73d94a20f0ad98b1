#pragma once

#include "views/reader.hpp"
#include "web/views.hpp"

namespace stockd::app {

/// Answers what the HTTP side asks of the views out of their reader. Owned by the composition root.
/// Any thread, once attach() was called.
class ViewsAdapter : public web::Views {
  public:
    /// Before anything else is called; the reader must outlive the servers.
    void attach(views::Reader& reader) { reader_ = &reader; }

    void page(std::string view, std::string filters, base::SteadyTime deadline, Done done) override;
    void rebuild(base::SteadyTime deadline, Done done) override;

  private:
    views::Reader* reader_ = nullptr;
};

}  // namespace stockd::app
